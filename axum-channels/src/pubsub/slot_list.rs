/// List of members in order of insertion, each identified by a number.
///
/// Removing a member marks its slot as empty; empty slots are reclaimed once most are. So insertion and removal are cheap
/// for any number of members, and memory is proportional to that number.
#[derive(Clone)]
pub(crate) struct SlotList<T> {
    slots: Vec<(SlotId, Option<T>)>,
    next: SlotId,
    len: usize,
}

/// Number of a member in its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SlotId(u64);

impl SlotId {
    /// The id of no member.
    pub(super) const NONE: SlotId = SlotId(u64::MAX);

    pub(super) fn next(self) -> Self {
        SlotId(self.0 + 1)
    }

    /// Returns the part that the member belongs to, if its list is divided into `parts`.
    pub(super) fn part(self, parts: usize) -> usize {
        (self.0 % parts as u64) as usize
    }
}

impl<T> SlotList<T> {
    pub(crate) const fn new() -> Self {
        SlotList {
            slots: Vec::new(),
            next: SlotId(0),
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|(_, member)| member.as_ref())
    }

    /// Returns the members from `start` on.
    pub(super) fn iter_from(&self, start: SlotId) -> impl Iterator<Item = (SlotId, &T)> {
        let at = self.slots.partition_point(|(id, _)| *id < start);
        let slots = self.slots[at..].iter();
        slots.filter_map(|(id, member)| Some((*id, member.as_ref()?)))
    }

    /// Returns the id of the next member.
    pub(super) fn next_id(&self) -> SlotId {
        self.next
    }

    pub(super) fn get(&self, id: SlotId) -> Option<&T> {
        let at = self.slots.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.slots[at].1.as_ref()
    }

    pub(crate) fn insert(&mut self, member: T) -> SlotId {
        let id = self.next;
        self.insert_as(id, member);
        id
    }

    /// Adds a member with an id above all others.
    pub(super) fn insert_as(&mut self, id: SlotId, member: T) {
        debug_assert!(id >= self.next);
        self.next = id.next();
        self.len += 1;
        if self.slots.is_empty() {
            self.slots.reserve_exact(1); // most topics have one subscriber
        }
        self.slots.push((id, Some(member)));
    }

    pub(crate) fn remove(&mut self, id: SlotId) -> Option<T> {
        let at = self.slots.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let member = self.slots[at].1.take()?;
        self.len -= 1;
        if self.slots.len() > 2 * self.len {
            self.slots.retain(|(_, member)| member.is_some());
            self.slots.shrink_to(2 * self.len);
        }
        Some(member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_leave_once() {
        let mut list = SlotList::new();
        let ids: Vec<SlotId> = "abcd".chars().map(|member| list.insert(member)).collect();
        assert_eq!(list.remove(ids[1]), Some('b'));
        assert_eq!(list.remove(ids[1]), None);
        list.insert('e');
        assert_eq!(
            (list.iter().collect::<String>(), list.len()),
            ("acde".into(), 4)
        );
    }

    #[test]
    fn what_is_kept_is_proportional_to_who_is_there() {
        let mut list = SlotList::new();
        let ids: Vec<SlotId> = (0..1000).map(|member| list.insert(member)).collect();
        for id in &ids[..990] {
            list.remove(*id);
        }
        assert!(list.iter().copied().eq(990..1000));
        assert!(list.slots.capacity() <= 40, "{}", list.slots.capacity());
        for id in &ids[990..] {
            list.remove(*id);
        }
        assert_eq!(list.len(), 0);
        assert_eq!(list.slots.capacity(), 0);
    }
}
