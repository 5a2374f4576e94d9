/// Noise that is the same every time: xorshift64*.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new() -> Noise {
        Noise(0x9E37_79B9_7F4A_7C15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    pub(crate) fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.next() % most).map(|_| self.next() as u8).collect()
    }

    /// The same with some of its bytes changed, moved or gone.
    pub(super) fn change(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for _ in 0..=self.next() % 4 {
            if data.is_empty() {
                break;
            }
            let at = self.next() as usize % data.len();
            match self.next() % 4 {
                0 => data[at] = self.next() as u8,
                1 => data[at] ^= 1 << (self.next() % 8),
                2 => drop(data.drain(at..(at + 4).min(data.len()))),
                _ => data.insert(at, b"\0\xff[]{}\",:null\\"[self.next() as usize % 14]),
            }
        }
        data
    }
}
