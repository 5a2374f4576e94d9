use super::*;
use serde_json::json;

/// A change that tracks some numbers, each under the key of its last digit.
fn change((after, until): (u64, u64), joins: &[u64], leaves: &[u64]) -> Delta {
    let join = |number: &u64| Join {
        number: *number,
        key: (number % 10).to_string().into(),
        meta: Map::from_iter([("n".to_owned(), json!(number))]),
    };
    Delta {
        incarnation: 0,
        after,
        until,
        joins: joins.iter().map(join).collect(),
        leaves: leaves.to_vec(),
    }
}

/// The numbers of existing presences.
fn numbers(replica: &Replica) -> Vec<u64> {
    let mut list = Presences::default();
    replica.list(&mut list);
    numbers_of(&list)
}

fn numbers_of(list: &Presences) -> Vec<u64> {
    let metas = list.iter().flat_map(|(_, metas)| metas);
    let mut numbers: Vec<u64> = metas.filter_map(|meta| meta["n"].as_u64()).collect();
    numbers.sort_unstable();
    numbers
}

fn merge(replica: &mut Replica, delta: Delta) -> (Vec<u64>, Vec<u64>) {
    let PresenceDiff { joins, leaves } = replica.merge(delta);
    (numbers_of(&joins), numbers_of(&leaves))
}

/// A life of a topic: presences come, change and go; the last is the whole list at that time, and one more comes after it.
fn life() -> Vec<Delta> {
    vec![
        change((0, 1), &[1], &[]),
        change((1, 5), &[4, 5], &[1]), // an update among them: 1 is replaced by 5
        change((5, 5), &[], &[4]),
        change((5, 8), &[7, 8], &[]),
        change((8, 8), &[], &[7]),
        change((0, 8), &[5, 8], &[]),
        change((8, 11), &[11], &[]),
    ]
}

const LIVING: [u64; 3] = [5, 8, 11];

fn permutations(of: &[Delta]) -> Vec<Vec<Delta>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let rest_of = |at: usize| {
        let mut rest = of.to_vec();
        let first = rest.remove(at);
        permutations(&rest).into_iter().map(move |mut rest| {
            rest.insert(0, first.clone());
            rest
        })
    };
    (0..of.len()).flat_map(rest_of).collect()
}

#[test]
fn changes_in_any_order_have_the_same_result() {
    let mut in_order = Replica::default();
    for delta in life() {
        in_order.merge(delta);
    }
    assert_eq!(numbers(&in_order), LIVING);
    for order in permutations(&life()) {
        let mut replica = Replica::default();
        let (mut here, mut diffs) = (Vec::new(), Vec::new());
        for delta in order {
            let (joins, leaves) = merge(&mut replica, delta);
            diffs.push((joins.clone(), leaves.clone()));
            assert!(
                joins.iter().all(|number| !here.contains(number)),
                "no doubles: {diffs:?}"
            );
            here.extend(joins);
            assert!(
                leaves.iter().all(|number| here.contains(number)),
                "{diffs:?}"
            );
            here.retain(|number| !leaves.contains(number));
        }
        here.sort_unstable();
        assert_eq!(here, LIVING, "the sum of the diffs: {diffs:?}");
        assert_eq!(replica, in_order);
    }
}

#[test]
fn changes_that_arrive_again_change_nothing() {
    let mut replica = Replica::default();
    for delta in life() {
        replica.merge(delta);
    }
    let once = replica.clone();
    for delta in life() {
        assert_eq!(replica.merge(delta), PresenceDiff::default());
    }
    assert_eq!(replica, once);
}

#[test]
fn the_whole_list_makes_up_for_lost_changes() {
    for lost in 0..life().len() - 2 {
        let mut replica = Replica::default();
        let mut life = life();
        life.remove(lost);
        for delta in life {
            replica.merge(delta);
        }
        assert_eq!(numbers(&replica), LIVING, "without {lost}");
        assert_eq!(replica.decided, [(0, 11)]);
    }
}

#[test]
fn a_presence_that_leaves_before_it_arrives_is_no_ghost() {
    let mut replica = Replica::default();
    assert_eq!(
        merge(&mut replica, change((2, 2), &[], &[2])),
        (vec![], vec![])
    );
    assert_eq!(
        merge(&mut replica, change((0, 2), &[2], &[])),
        (vec![], vec![])
    );
    assert_eq!(numbers(&replica), [0; 0]);
    assert!(replica.ended.is_empty(), "it is decided");
}

#[test]
fn ranges_are_joined_when_they_touch() {
    let mut replica = Replica::default();
    for (range, expected) in [
        ((2, 4), vec![(2, 4)]),
        ((8, 9), vec![(2, 4), (8, 9)]),
        ((5, 5), vec![(2, 4), (8, 9)]),
        ((5, 6), vec![(2, 4), (5, 6), (8, 9)]),
        ((4, 5), vec![(2, 6), (8, 9)]),
        ((0, 1), vec![(0, 1), (2, 6), (8, 9)]),
        ((3, 5), vec![(0, 1), (2, 6), (8, 9)]),
        ((3, 7), vec![(0, 1), (2, 7), (8, 9)]),
        ((0, 12), vec![(0, 12)]),
        ((7, 3), vec![(0, 12)]),
        ((u64::MAX, u64::MAX), vec![(0, 12)]),
    ] {
        replica.decide(range.0, range.1);
        assert_eq!(replica.decided, expected, "{range:?}");
    }
    let decided = [0, 1, 12, 13].map(|number| replica.is_decided(number));
    assert_eq!(decided, [false, true, true, false]);
}

#[test]
fn another_incarnation_replaces_the_earlier_one_in_any_order() {
    let again = |delta: Delta| Delta {
        incarnation: 1,
        ..delta
    };
    let deltas = [
        change((0, 3), &[1, 3], &[]),
        change((3, 4), &[4], &[]),
        again(change((0, 4), &[3, 4], &[])),
        again(change((4, 6), &[6], &[3])),
    ];
    for order in permutations(&deltas) {
        let mut replica = Replica::default();
        for delta in order {
            replica.merge(delta);
        }
        assert_eq!(numbers(&replica), [4, 6]);
    }
}

#[test]
fn presences_of_both_incarnations_neither_join_nor_leave() {
    let mut replica = Replica::default();
    replica.merge(change((0, 3), &[1, 3], &[]));
    let again = Delta {
        incarnation: 1,
        ..change((0, 4), &[3, 4], &[])
    };
    assert_eq!(merge(&mut replica, again), (vec![4], vec![1]));
}

#[test]
fn the_presences_of_a_node_that_is_gone_leave_together() {
    let mut replica = Replica::default();
    for delta in life() {
        replica.merge(delta);
    }
    let PresenceDiff { joins, leaves } = replica.into_leaves();
    assert_eq!(
        (numbers_of(&joins), numbers_of(&leaves)),
        (vec![], LIVING.to_vec())
    );
}
