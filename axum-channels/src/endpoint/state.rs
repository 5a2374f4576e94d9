use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;

/// Values of the app, one of a type.
#[derive(Default)]
pub(crate) struct States(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, state: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(state));
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }

    pub(crate) fn expect<T: Send + Sync + 'static>(&self) -> &T {
        match self.get() {
            Some(state) => state,
            None => panic!(
                "the endpoint was built without a `{0}`: add `.state(...)` with one",
                type_name::<T>()
            ),
        }
    }
}
