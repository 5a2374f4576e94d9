//! One text in its place.

use std::collections::HashSet;

use anyhow::Result;
use tree_sitter::Node;

use super::captures::{captured, fill};
use super::insert::{At, Text};
use super::place::{Anchor, Conflict, ManualText, Pick, Place};
use super::source::{Match, Source};
use super::style::{Inserted, Style, neutral};
use super::{Reason, uncomment};

/// Outcome of one part of an edit.
pub enum Applied {
    Changed(Source),
    AlreadyThere,
    Manual { reason: Reason, lines: String },
}

/// Obstacle to the text in the file: a match of `blocked_by` or `blocked_above`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blocked {
    No,
    Anywhere,
    Above,
}

impl Place {
    /// Inserts the text, or returns the reason for a manual step.
    pub fn apply(&self, source: &Source) -> Result<Applied> {
        let within = self.within_nodes(source)?;
        let scopes = self.scopes(source, &within)?;
        if self.is_present(source, &within, &scopes)? {
            return Ok(Applied::AlreadyThere);
        }
        let [scope] = scopes.as_slice() else {
            let lines = self.manual_lines(source, &[])?;
            let at = scopes.iter().map(|scope| scope_of(scope).start_byte());
            let at = at.map(|at| source.line(at)).collect();
            let reason = match (scopes.len(), &self.replaces) {
                (0, _) => Reason::NoPlace,
                (_, Some(what)) => Reason::Replaced {
                    what: what.clone(),
                    at,
                },
                _ => Reason::Several(at),
            };
            return Ok(Applied::Manual { reason, lines });
        };
        let blocked = self.blocked(source, scope)?;
        if blocked == Blocked::No
            && let Some(new) = self.with_text(source, scope)?
        {
            return Ok(Applied::Changed(new));
        }
        let instead = self.blocked_text.as_ref();
        let lines = match instead.filter(|_| blocked == Blocked::Anywhere) {
            Some(text) => fill(text, &[scope]),
            None => self.manual_lines(source, &[scope])?,
        };
        Ok(Applied::Manual {
            reason: Reason::NoPlace,
            lines,
        })
    }

    /// Returns the source with the text in `scope`: a commented-out copy of it, or at the first anchor that works.
    fn with_text(&self, source: &Source, scope: &Match<'_>) -> Result<Option<Source>> {
        let barrier = self.barrier(source, scope_of(scope))?;
        let barrier = barrier.as_ref();
        let precedes = |node: Node<'_>| {
            barrier.is_none_or(|barrier| node.start_byte() < barrier.anchor().start)
        };
        let belongs = |node: Node<'_>| is_own(node, scope) && precedes(node);
        for text in self.texts(scope) {
            let uncommented = uncomment::apply(source, &text, belongs);
            let uncommented = uncommented.map(|text| source.with_text(text));
            if let Some(new) = self.verified(source, uncommented)? {
                return Ok(Some(new));
            }
        }
        for anchor in &self.anchors {
            let inserted = self.insert(source, scope, anchor, barrier)?;
            if let Some(new) = self.verified(source, inserted)? {
                return Ok(Some(new));
            }
        }
        Ok(None)
    }

    /// Returns whether the text is an import, of a name that other texts use.
    pub fn is_import(&self) -> bool {
        self.used_as.is_some()
    }

    /// Returns whether the text is in its scope.
    pub fn is_in_scope(&self, source: &Source) -> Result<bool> {
        let within = self.within_nodes(source)?;
        let scopes = self.scopes(source, &within)?;
        self.is_present(source, &within, &scopes)
    }

    /// Returns the nodes that the text goes into, or is in.
    pub fn scopes_of<'s>(&self, source: &'s Source) -> Result<Vec<Match<'s>>> {
        let within = self.within_nodes(source)?;
        self.scopes(source, &within)
    }

    /// Returns whether `source`, another file than that of the place, has the text.
    pub fn is_in(&self, source: &Source) -> Result<bool> {
        let within = self.within_nodes(source)?;
        self.is_present(source, &within, &[])
    }

    /// Returns the conflicts of the text.
    pub fn find_conflict<'s>(
        &self,
        conflict: &Conflict,
        source: &'s Source,
    ) -> Result<Vec<Match<'s>>> {
        let nodes = self
            .within_nodes(source)?
            .unwrap_or_else(|| vec![source.root()]);
        let mut found = Vec::new();
        for node in nodes {
            found.extend(source.find_in(node, &conflict.query)?);
        }
        Ok(found)
    }

    /// Returns the lines of the manual step.
    pub fn lines(&self, matches: &[&Match<'_>]) -> String {
        fill(&self.text, matches)
    }

    /// Returns the lines of a manual step: those of `manual_text` for code in the file, or else the text.
    fn manual_lines(&self, source: &Source, matches: &[&Match<'_>]) -> Result<String> {
        for ManualText { query, text } in &self.manual_text {
            let nodes = self.within_nodes(source)?;
            let mut lines: Vec<String> = Vec::new();
            for node in nodes.unwrap_or_else(|| vec![source.root()]) {
                let found = source.find_in(node, query)?;
                lines.extend(found.iter().map(|found| fill(text, &[found])));
            }
            lines.dedup();
            if !lines.is_empty() {
                return Ok(lines.join("\n"));
            }
        }
        Ok(self.lines(matches))
    }

    /// Returns all variants of the text that do not depend on the match of the anchor.
    fn texts(&self, scope: &Match<'_>) -> Vec<String> {
        let own = self.anchors.iter().filter_map(|a| a.text.as_ref());
        let mut texts = vec![self.lines(&[scope])];
        texts.extend(own.chain(&self.spellings).map(|text| fill(text, &[scope])));
        texts
    }

    /// Returns the nodes that limit the search for the scope and `present`; `None` without a rule.
    fn within_nodes<'s>(&self, source: &'s Source) -> Result<Option<Vec<Node<'s>>>> {
        let Some(query) = &self.within else {
            return Ok(None);
        };
        let found = source.find(query)?;
        Ok(Some(found.iter().filter_map(|m| m.node("scope")).collect()))
    }

    fn scopes<'s>(
        &self,
        source: &'s Source,
        within: &Option<Vec<Node<'s>>>,
    ) -> Result<Vec<Match<'s>>> {
        if self.scope.is_empty() {
            return Ok(vec![Match::of(source.root(), source)]);
        }
        for query in &self.scope {
            let mut scopes = source.find(query)?;
            if let Some(nodes) = within {
                scopes.retain(|scope| nodes.iter().any(|node| surrounds(*node, scope_of(scope))));
            }
            // Several matches of the same node count once.
            let mut known = HashSet::new();
            scopes.retain(|scope| known.insert((scope_of(scope).id(), scope.start_of("below"))));
            if !scopes.is_empty() {
                return Ok(scopes);
            }
        }
        Ok(Vec::new())
    }

    fn is_present(
        &self,
        source: &Source,
        within: &Option<Vec<Node<'_>>>,
        scopes: &[Match<'_>],
    ) -> Result<bool> {
        let nodes = match within {
            Some(nodes) => nodes.clone(),
            None if scopes.is_empty() => vec![source.root()],
            None => scopes.iter().map(scope_of).collect(),
        };
        for node in nodes {
            let found = match &self.present {
                Some(query) => !source.find_in(node, query)?.is_empty(),
                None => has_lines(source, node, &self.text),
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the obstacle that makes the edit a manual step although its scope was found.
    fn blocked(&self, source: &Source, scope: &Match<'_>) -> Result<Blocked> {
        if let Some(query) = &self.blocked_by
            && !source.find(query)?.is_empty()
        {
            return Ok(Blocked::Anywhere);
        }
        let Some(query) = &self.blocked_above else {
            return Ok(Blocked::No);
        };
        let start = scope_of(scope).start_byte();
        let found = source.find(query)?;
        Ok(match found.iter().any(|found| found.start() < start) {
            true => Blocked::Above,
            false => Blocked::No,
        })
    }

    /// Returns the source with the text at `anchor`, in the style of the file, or `None` without a match.
    fn insert(
        &self,
        source: &Source,
        scope: &Match<'_>,
        anchor: &Anchor,
        barrier: Option<&Match<'_>>,
    ) -> Result<Option<Source>> {
        let mut matches = anchor.matches(source, scope)?;
        let all = matches.len();
        if let Some(barrier) = barrier {
            matches.retain(|m| m.anchor().end <= barrier.anchor().start);
        }
        let (chosen, at) = match (anchor.choose(&matches), barrier) {
            (Some(chosen), _) => chosen,
            // All anchors are after the barrier.
            (None, Some(barrier)) if all > 0 => (barrier, At::Before),
            (None, _) => return Ok(None),
        };
        let found = [chosen, scope];
        let text = fill(anchor.text.as_ref().unwrap_or(&self.text), &found);
        let range = |name: &String| found.iter().find_map(|m| m.range(name));
        let replaced = anchor.replace.iter();
        let replaced = replaced.filter_map(|(name, new)| Some((range(name)?, fill(new, &found))));
        let text = Text {
            lines: &text,
            gap: anchor.gap,
            level: self.level.as_deref(),
        };
        let (new, ranges) = at.insert(source, chosen, &text, replaced.collect());
        let templates = anchor.replace.values();
        let templates = templates.chain([anchor.text.as_ref().unwrap_or(&self.text)]);
        let inserted = Inserted {
            ranges,
            own: templates.flat_map(|text| captured(text, &found)).collect(),
            keeps_end: at == At::Instead && !source.text[chosen.anchor()].ends_with(';'),
        };
        Style::of(source)?
            .applied(source.with_text(new), &inserted)
            .map(Some)
    }

    /// Returns the first barrier in the scope, as an anchor.
    fn barrier<'s>(&self, source: &'s Source, scope: Node<'s>) -> Result<Option<Match<'s>>> {
        let Some(query) = &self.barrier else {
            return Ok(None);
        };
        let found = source.find_at(scope, query)?;
        let mut nodes: Vec<_> = found.iter().filter_map(|m| m.node("barrier")).collect();
        nodes.sort_by_key(Node::start_byte);
        Ok(nodes.first().map(|node| Match::of(*node, source)))
    }

    /// Returns `new` if it has the text in its scope and no new syntax error.
    fn verified(&self, old: &Source, new: Option<Source>) -> Result<Option<Source>> {
        let Some(new) = new else { return Ok(None) };
        let sound = new.errors() <= old.errors() && self.is_in_scope(&new)?;
        Ok(sound.then_some(new))
    }
}

impl Anchor {
    /// Returns all matches for the scope. Without a query, that is the scope, or the file.
    fn matches<'s>(&self, source: &'s Source, scope: &Match<'s>) -> Result<Vec<Match<'s>>> {
        let node = scope_of(scope);
        let query = self.query.as_ref().map(|query| fill(query, &[scope]));
        let mut matches = Vec::new();
        match (&query, self.at) {
            (Some(query), At::Chain) => {
                for link in scope_nodes(scope) {
                    matches.extend(source.find_at(link, query)?);
                }
            }
            (Some(query), _) => matches = source.find_at(node, query)?,
            (None, At::End) => matches.push(Match::of(source.root(), source)),
            (None, _) => matches.push(Match::of(node, source)),
        }
        if let Some(below) = scope.range("below") {
            matches.retain(|m| m.anchor().start >= below.end || self.at == At::End);
        }
        Ok(matches)
    }

    /// Returns the selected match, and the position of the text relative to it.
    fn choose<'m, 's>(&self, matches: &'m [Match<'s>]) -> Option<(&'m Match<'s>, At)> {
        let (first, last) = (matches.first()?, matches.last()?);
        let sorts_before = |m: &&Match<'_>| {
            m.text("key").is_some_and(|key| match self.pick {
                Pick::VersionSorted => rank(key) < rank(&self.key),
                _ => key < self.key.as_str(),
            })
        };
        Some(match self.pick {
            Pick::First => (first, self.at),
            Pick::Last => (last, self.at),
            Pick::Sorted | Pick::VersionSorted => match matches.iter().rfind(sorts_before) {
                Some(found) => (found, self.at),
                None => (first, At::Before),
            },
        })
    }
}

/// Returns a name for comparisons in the order of versions: ends of parts come first, then `_`, and numbers are compared by
/// value.
fn rank(name: &str) -> Vec<(u8, u64)> {
    let mut rank: Vec<(u8, u64)> = Vec::new();
    for c in name.chars() {
        match (c, rank.last_mut()) {
            (':', _) => rank.push((0, 0)),
            ('_', _) => rank.push((1, 0)),
            ('0'..='9', Some((2, number))) => {
                let digit = u64::from(c) - u64::from('0');
                *number = number.saturating_mul(10).saturating_add(digit);
            }
            ('0'..='9', _) => rank.push((2, u64::from(c) - u64::from('0'))),
            (c, _) => rank.push((3, u64::from(c))),
        }
    }
    rank
}

/// Returns the node of a match of the scope.
fn scope_of<'s>(scope: &Match<'s>) -> Node<'s> {
    let node = scope.node("scope").or_else(|| scope.node("anchor"));
    node.unwrap_or_else(|| scope.source().root())
}

/// Returns the scope and the nodes that start with it: the calls of a method chain.
fn scope_nodes<'s>(scope: &Match<'s>) -> impl Iterator<Item = Node<'s>> {
    let node = scope_of(scope);
    std::iter::successors(Some(node), |node| node.parent())
        .take_while(move |link| link.start_byte() == node.start_byte())
}

/// Returns whether a comment belongs to the scope itself or its body, and not to a nested node.
fn is_own(comment: Node<'_>, scope: &Match<'_>) -> bool {
    let above = std::iter::successors(comment.parent(), |node| node.parent()).take(2);
    let above: Vec<_> = above.collect();
    scope_nodes(scope).any(|scope| above.contains(&scope))
}

fn surrounds(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

/// Returns whether `node` contains the lines of `wanted` in a row, with any indentation and in any style.
fn has_lines(source: &Source, node: Node<'_>, wanted: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let text = neutral(text.trim(), source.language);
        text.lines().map(|l| l.trim().to_owned()).collect()
    };
    let (text, wanted) = (lines(source.text_of(node)), lines(wanted));
    text.windows(wanted.len().max(1))
        .any(|window| window == wanted)
}
