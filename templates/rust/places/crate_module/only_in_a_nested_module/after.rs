pub mod channels;

mod legacy {
    pub mod channels;
}
