use super::*;

const LIMITS: Limits = Limits {
    messages: 2,
    bytes: 10,
};

#[test]
fn messages_are_limited_by_their_number_and_broadcasts_by_their_bytes_as_well() {
    let queue = KeyedQueue::default();
    let push = |key, weight| queue.push(key, (), weight, LIMITS);
    let broadcasts = [3; 4].map(|bytes| push(1, Weight::Broadcast(bytes)));
    assert_eq!(broadcasts, [Ok(1), Ok(2), Ok(3), Ok(4)]);
    assert_eq!(push(1, Weight::Broadcast(3)), Err(SendError::Full));
    let large = [99; 3].map(|bytes| push(2, Weight::Broadcast(bytes)));
    assert_eq!(large, [Ok(1), Ok(2), Err(SendError::Full)]);
    let messages = [(); 3].map(|()| push(1, Weight::Message));
    assert_eq!(messages, [Ok(1), Ok(2), Err(SendError::Full)]);
    assert!(push(1, Weight::None).is_ok());
}

#[test]
fn a_message_that_is_not_limited_is_offered_at_once_and_others_wait_for_those_held_back() {
    let queue = KeyedQueue::default();
    let push = |number, weight| queue.push(1, number, weight, LIMITS);
    assert!(push(1, Weight::Message).is_ok());
    queue.drain(|_, number| Err(number));
    assert!(push(2, Weight::Broadcast(1)).is_ok());
    assert!(push(3, Weight::None).is_ok());
    let (mut taken, mut room) = (Vec::new(), 0);
    for (free, expected) in [(0, vec![3]), (2, vec![3, 1, 2])] {
        room += free;
        queue.drain(|_, number| {
            if number != 3 && room == 0 {
                return Err(number);
            }
            room -= usize::from(number != 3);
            taken.push(number);
            Ok(())
        });
        assert_eq!(taken, expected);
    }
}

#[test]
fn what_the_task_has_taken_counts_no_more_and_what_it_has_held_back_does() {
    let queue = KeyedQueue::default();
    let push = |number| queue.push(1, number, Weight::Message, LIMITS);
    assert_eq!([push(1), push(2)], [Ok(1), Ok(2)]);
    queue.drain(|_, number| if number == 1 { Ok(()) } else { Err(number) });
    assert_eq!([push(3), push(4)], [Ok(2), Err(SendError::Full)]);
    let mut taken = Vec::new();
    queue.drain(|_, number| {
        taken.push(number);
        Ok(())
    });
    assert_eq!(taken, [2, 3]);
    assert_eq!(push(5), Ok(1));
}

#[test]
fn what_was_held_back_counts_until_the_task_takes_it() {
    let capacities = [(Weight::Message, 2), (Weight::Broadcast(4), 3)];
    for (weight, capacity) in capacities {
        let queue = KeyedQueue::default();
        let push = |number| queue.push(1, number, weight, LIMITS);
        let filled: Vec<_> = (1..=capacity).map(push).collect();
        let expected: Vec<_> = (1..=capacity).map(Ok).collect();
        assert_eq!(filled, expected, "capacity {capacity}");
        queue.drain(|_, number| Err(number));
        assert_eq!(
            push(capacity + 1),
            Err(SendError::Full),
            "capacity {capacity}"
        );
        queue.drain(|_, number| if number == 1 { Ok(()) } else { Err(number) });
        let refilled = [push(capacity + 1), push(capacity + 2)];
        assert_eq!(
            refilled,
            [Ok(capacity), Err(SendError::Full)],
            "capacity {capacity}"
        );
    }
}

#[test]
fn messages_wait_for_those_of_their_own_receiver_alone() {
    let queue = KeyedQueue::default();
    for (key, number) in [(1, 1), (2, 2), (1, 3), (2, 4)] {
        assert!(queue.push(key, number, Weight::Message, LIMITS).is_ok());
    }
    let mut offered = Vec::new();
    queue.drain(|key, number| {
        offered.push((key, number));
        if key == 1 { Err(number) } else { Ok(()) }
    });
    assert_eq!(offered, [(1, 1), (2, 2), (2, 4)]);
}
