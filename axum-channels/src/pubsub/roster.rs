/// Members in the order in which they came, each known by a number.
///
/// Leaving marks a place as empty; places are reclaimed when most are. So both coming and leaving are cheap however many
/// there are, and what is kept is proportional to who is there.
#[derive(Clone)]
pub(crate) struct Roster<T> {
    places: Vec<(Seat, Option<T>)>,
    next: u64,
    len: usize,
}

/// A member's number in its roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat(u64);

impl<T> Roster<T> {
    pub(crate) const fn new() -> Self {
        Roster {
            places: Vec::new(),
            next: 0,
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().filter_map(|(_, member)| member.as_ref())
    }

    pub(crate) fn insert(&mut self, member: T) -> Seat {
        let seat = Seat(self.next);
        self.next += 1;
        self.len += 1;
        if self.places.is_empty() {
            self.places.reserve_exact(1); // most topics have one subscriber
        }
        self.places.push((seat, Some(member)));
        seat
    }

    pub(crate) fn remove(&mut self, seat: Seat) -> Option<T> {
        let at = self
            .places
            .binary_search_by_key(&seat, |(seat, _)| *seat)
            .ok()?;
        let member = self.places[at].1.take()?;
        self.len -= 1;
        if self.places.len() > 2 * self.len {
            self.places.retain(|(_, member)| member.is_some());
            self.places.shrink_to(2 * self.len);
        }
        Some(member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_leave_once() {
        let mut roster = Roster::new();
        let seats: Vec<Seat> = "abcd".chars().map(|member| roster.insert(member)).collect();
        assert_eq!(roster.remove(seats[1]), Some('b'));
        assert_eq!(roster.remove(seats[1]), None);
        roster.insert('e');
        assert_eq!(
            (roster.iter().collect::<String>(), roster.len()),
            ("acde".into(), 4)
        );
    }

    #[test]
    fn what_is_kept_is_proportional_to_who_is_there() {
        let mut roster = Roster::new();
        let seats: Vec<Seat> = (0..1000).map(|member| roster.insert(member)).collect();
        for seat in &seats[..990] {
            roster.remove(*seat);
        }
        assert!(roster.iter().copied().eq(990..1000));
        assert!(
            roster.places.capacity() <= 40,
            "{}",
            roster.places.capacity()
        );
        for seat in &seats[990..] {
            roster.remove(*seat);
        }
        assert!(roster.is_empty());
        assert_eq!(roster.places.capacity(), 0);
    }
}
