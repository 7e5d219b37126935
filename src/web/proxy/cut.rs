//! Everything that runs behind a door, and can be stopped at once.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

/// Starts work that ends when the door is closed.
#[derive(Clone, Debug)]
pub(super) struct Cut(Arc<watch::Sender<Door>>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Door {
    Open,
    Closed,
}

impl Cut {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Door::Open)))
    }

    /// Runs this until its end, or until the door is closed.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut door = self.0.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = door.wait_for(|door| *door == Door::Closed) => {}
                () = work => {}
            }
        });
    }

    /// Stops all, what is started from now on too.
    pub(super) fn close(&self) {
        self.0.send_replace(Door::Closed);
    }
}

impl<F> hyper::rt::Executor<F> for Cut
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, work: F) {
        self.spawn(async move {
            work.await;
        });
    }
}
