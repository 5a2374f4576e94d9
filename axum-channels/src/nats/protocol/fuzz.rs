use super::*;

/// Asserts that bytes of a server are refused or read, and the same wherever they are cut.
pub(in crate::nats) fn protocol(data: &[u8]) {
    let read = |chunk: usize| {
        let (mut buffer, mut operations) = (BytesMut::new(), Vec::new());
        for bytes in data.chunks(chunk.max(1)) {
            buffer.extend_from_slice(bytes);
            loop {
                match Operation::decode(&mut buffer) {
                    Ok(Some(operation)) => operations.push(operation),
                    Ok(None) => break,
                    Err(refused) => return (operations, Some(refused)),
                }
            }
        }
        (operations, None)
    };
    let whole = read(data.len());
    for chunk in [1, 7] {
        assert_eq!(read(chunk), whole);
    }
}
