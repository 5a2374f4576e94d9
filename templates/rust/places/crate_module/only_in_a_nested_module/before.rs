mod legacy {
    pub mod channels;
}
