//! Outputs in guides: `…` stands for any text of a line, and as a line of its own for any lines.

/// Returns whether an output fits what a guide shows.
pub fn fits(shown: &str, printed: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    let (shown, printed) = (lines(shown), lines(printed));
    let groups: Vec<_> = shown.split(|line| line == "…").collect();
    let [first, others @ ..] = &groups[..] else {
        return false;
    };
    let [between @ .., last] = others else {
        return is(first, &printed);
    };
    let Some(mut rest) = printed.strip_prefix_of(first) else {
        return false;
    };
    for group in between {
        let at = (0..=rest.len()).find(|&at| rest[at..].strip_prefix_of(group).is_some());
        match at {
            Some(at) => rest = &rest[at + group.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && is(last, &rest[rest.len() - last.len()..])
}

/// Lines that may start with others.
trait Lines {
    /// Returns the lines after `group`, if they start with it.
    fn strip_prefix_of(&self, group: &[String]) -> Option<&[String]>;
}

impl Lines for [String] {
    fn strip_prefix_of(&self, group: &[String]) -> Option<&[String]> {
        let (start, rest) = self.split_at_checked(group.len())?;
        is(group, start).then_some(rest)
    }
}

fn is(shown: &[String], printed: &[String]) -> bool {
    let pairs = || shown.iter().zip(printed);
    shown.len() == printed.len() && pairs().all(|(shown, line)| is_line(shown, line))
}

fn is_line(shown: &str, line: &str) -> bool {
    let parts: Vec<_> = shown.split('…').collect();
    let [first, others @ ..] = &parts[..] else {
        return false;
    };
    let [between @ .., last] = others else {
        return shown == line;
    };
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    for part in between {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
