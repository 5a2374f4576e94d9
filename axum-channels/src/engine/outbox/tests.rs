use super::*;

fn message(bytes: usize) -> Bytes {
    vec![b'x'; bytes].into()
}

fn topics(batch: &Batch) -> Vec<&str> {
    let messages = batch.messages.iter();
    messages.map(|outgoing| outgoing.topic.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn messages_are_taken_in_order_and_what_does_not_fit_is_refused() {
    let outbox = Outbox::new(1000);
    for topic in ["a", "b", "a"] {
        assert_eq!(outbox.push(topic, message(100), Kind::Broadcast), Ok(()));
    }
    let refused = outbox.push("c", message(400), Kind::Broadcast);
    assert_eq!(refused, Err(QueueFull));
    assert_eq!(outbox.push("c", message(100), Kind::Broadcast), Ok(()));
    assert_eq!(
        topics(&outbox.next(Wanted::Any).await),
        ["a", "b", "a", "c"]
    );
    assert_eq!(outbox.take(Wanted::Any), None);
    assert_eq!(outbox.push("c", message(400), Kind::Broadcast), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn presences_that_do_not_fit_become_the_list_of_their_topic() {
    let outbox = Outbox::new(300);
    outbox
        .push("a", message(100), Kind::Broadcast)
        .expect("it fits");
    for _ in 0..3 {
        outbox
            .push("b", message(100), Kind::Presences)
            .expect("never refused");
    }
    let batch = outbox.next(Wanted::Any).await;
    assert_eq!(topics(&batch), ["a"]);
    assert_eq!(batch.lists, ["b"]);
    assert_eq!(outbox.take(Wanted::Any), None);
}

#[tokio::test(start_paused = true)]
async fn batches_are_limited_and_lists_come_after_all_messages() {
    let kinds = [Kind::Broadcast, Kind::Presences];
    for (kind, sizes) in kinds.into_iter().zip([[4096, 904], [512, 88]]) {
        let count = sizes.iter().sum();
        let outbox = Outbox::new(count * (OVERHEAD + 2));
        for _ in 0..count {
            outbox.push("a", message(1), kind).expect("it fits");
        }
        outbox
            .push("b", message(1), Kind::Presences)
            .expect("never refused");
        let batches: Vec<_> = std::iter::from_fn(|| outbox.take(Wanted::Any)).collect();
        let taken = batches.iter().map(|it| (it.messages.len(), it.lists.len()));
        let [first, second] = sizes;
        assert_eq!(taken.collect::<Vec<_>>(), [(first, 0), (second, 1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_of_another_kind_ends_a_long_batch_of_broadcasts() {
    let outbox = Outbox::new(usize::MAX);
    let push = |kind| outbox.push("a", message(1), kind).expect("it fits");
    (0..600).for_each(|_| push(Kind::Broadcast));
    push(Kind::Presences);
    (0..10).for_each(|_| push(Kind::Broadcast));
    let batches = std::iter::from_fn(|| outbox.take(Wanted::Any));
    let sizes: Vec<_> = batches.map(|batch| batch.messages.len()).collect();
    assert_eq!(sizes, [601, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_presences_or_stored_broadcasts_is_not_plain() {
    let outbox = Outbox::new(10_000);
    let is_plain = || outbox.take(Wanted::Any).map(|batch| batch.is_plain());
    let broadcast = || outbox.push("a", message(1), Kind::Broadcast);
    assert_eq!(broadcast(), Ok(()));
    assert_eq!(is_plain(), Some(true));
    assert_eq!(broadcast(), Ok(()));
    assert_eq!(outbox.store("b", message(1), History::last(1)), Ok(()));
    assert_eq!(is_plain(), Some(false));
    assert_eq!(broadcast(), Ok(()));
    assert_eq!(outbox.push("b", message(1), Kind::Presences), Ok(()));
    assert_eq!(is_plain(), Some(false));
    outbox.push_list("b".into());
    assert_eq!(is_plain(), Some(false));
}

#[tokio::test(start_paused = true)]
async fn a_whole_batch_is_taken_once_it_has_enough_messages_or_bytes() {
    let outbox = Outbox::new(10 * BATCH_BYTES);
    let push = |bytes| outbox.push("a", message(bytes), Kind::Broadcast);
    for _ in 1..BROADCASTS {
        push(1).expect("it fits");
    }
    assert_eq!(outbox.take(Wanted::Whole), None);
    let (batch, pushed) = tokio::join!(outbox.next(Wanted::Whole), async { push(1) });
    assert_eq!((batch.messages.len(), pushed), (BROADCASTS, Ok(())));
    push(BATCH_BYTES / 2).expect("it fits");
    assert_eq!(outbox.take(Wanted::Whole), None);
    push(BATCH_BYTES / 2).expect("it fits");
    let batch = outbox.take(Wanted::Whole).expect("enough bytes");
    assert_eq!(batch.messages.len(), 2);
    push(1).expect("it fits");
    assert_eq!(
        outbox.take(Wanted::Any).map(|it| it.messages.len()),
        Some(1)
    );
}

#[tokio::test(start_paused = true)]
async fn the_lag_is_the_age_of_the_oldest_message_that_is_not_confirmed() {
    let outbox = Outbox::new(10_000);
    assert_eq!(outbox.lag(), Duration::ZERO);
    let second = Duration::from_secs(1);
    let push = || outbox.push("a", message(1), Kind::Broadcast);
    push().expect("it fits");
    tokio::time::advance(second).await;
    assert_eq!(outbox.lag(), second);
    assert_eq!(outbox.next(Wanted::Any).await.messages.len(), 1);
    push().expect("it fits");
    tokio::time::advance(second).await;
    assert_eq!(outbox.lag(), 2 * second);
    outbox.settle();
    assert_eq!(outbox.lag(), second);
    outbox.next(Wanted::Any).await;
    outbox.settle();
    assert_eq!(outbox.lag(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn broadcasts_that_have_waited_too_long_are_counted_and_presences_become_lists() {
    let outbox = Outbox::new(10_000);
    for (topic, kind) in [
        ("old", Kind::Broadcast),
        ("old", Kind::Presences),
        ("new", Kind::Presences),
        ("new", Kind::Broadcast),
    ] {
        outbox.push(topic, message(1), kind).expect("it fits");
        tokio::time::advance(Duration::from_secs(4)).await;
    }
    assert_eq!(outbox.expire(Duration::from_secs(15)), 1);
    let mut batch = outbox.next(Wanted::Any).await;
    batch.lists.sort_by_key(Topic::to_string);
    assert_eq!(topics(&batch), ["new"]);
    assert_eq!(batch.lists, ["new", "old"]);
    assert_eq!(lock(&outbox.state).passed.bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_sent_again_after_a_pause_in_its_order_and_other_messages_do_not_wait() {
    let outbox = Outbox::new(10_000);
    let stored = |batch: Batch| -> Vec<(String, u64)> {
        let messages = batch.messages.into_iter();
        let numbered = messages.map(|outgoing| match outgoing.kind {
            Kind::Stored { number, .. } => (outgoing.topic, number.unwrap_or_default()),
            _ => (outgoing.topic, 0),
        });
        let named = numbered.map(|(topic, number)| (topic.to_string(), number));
        named.collect()
    };
    let store = |topic| outbox.store(topic, message(1), History::last(1));
    let named = |named: &[(&str, u64)]| -> Vec<(String, u64)> {
        let named = named.iter();
        named
            .map(|(topic, number)| ((*topic).to_owned(), *number))
            .collect()
    };
    assert_eq!([store("a"), store("b")], [Ok(()); 2]);
    let batch = outbox.next(Wanted::Any).await;
    assert_eq!(outbox.refuse(batch.messages), 0);
    assert_eq!(store("c"), Ok(()));
    assert_eq!(outbox.take(Wanted::Any), None);
    assert_eq!(outbox.push("d", message(1), Kind::Broadcast), Ok(()));
    assert_eq!(stored(outbox.next(Wanted::Any).await), named(&[("d", 0)]));
    let again = outbox.next(Wanted::Any).await;
    assert_eq!(stored(again), named(&[("a", 3), ("b", 4), ("c", 5)]));

    assert_eq!(store("a"), Ok(()));
    let batch = outbox.next(Wanted::Any).await;
    tokio::time::advance(History::last(1).age() + PATIENCE).await;
    assert_eq!(outbox.refuse(batch.messages), 1, "it is too old");
}
