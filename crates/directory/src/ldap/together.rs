//! Questions that do not depend on each other, asked over several connections to one server at once.
//!
//! They are one read all the same: the first failure on any of the connections ends it, and the answers come in the order
//! of the questions, whoever was faster.

use super::connect::{self, Connection};
use super::failure::{Failure, Phase};
use super::server::Server;
use crate::error::Error;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use umsync_engine::directory::ServerProof;

impl Connection {
    /// Asks all of these, each on whichever connection is free.
    pub(super) async fn each<Q, A>(
        &mut self,
        questions: &[Q],
        ask: impl AsyncFn(&mut Connection, &Q) -> Result<A, Error>,
    ) -> Result<Vec<A>, Error> {
        let origin = self.origin.clone();
        let wanted = origin.settings.connections.clamp(1, questions.len().max(1));
        // One after the other: should the account be refused all of a sudden, it is refused once.
        while self.more.len() + 1 < wanted {
            let server = Server { address: self.address, ..origin.server.clone() };
            let another = connect::connect(&server, &origin.settings, &origin.tls).await?;
            // One address may still be that of several servers, of which each knows its own cookies and its own news.
            if another.proof.tls != self.proof.tls {
                return Err(self.failed(Phase::Tls, Failure::AnotherServer));
            }
            self.more.push(another);
        }
        // They come back when all is well; after a failure they are closed, in the middle of whatever they were asked.
        let mut more = std::mem::take(&mut self.more);
        let next = AtomicUsize::new(0);
        let work = std::iter::once(&mut *self)
            .chain(&mut more)
            .take(wanted)
            .map(|connection| Box::pin(answers(connection, questions, &next, &ask)))
            .collect();
        let mut answered: Vec<(usize, A)> = all(work).await?.into_iter().flatten().collect();
        // Whatever they have seen is part of the one read.
        for other in &mut more {
            let ServerProof { pages, ranges, referrals, identity: _, tls: _, schema: _ } =
                std::mem::take(&mut other.proof);
            self.proof.pages += pages;
            self.proof.ranges += ranges;
            self.proof.referrals.extend(referrals);
        }
        self.more = more;
        answered.sort_by_key(|(at, _)| *at);
        Ok(answered.into_iter().map(|(_, answer)| answer).collect())
    }
}

/// What one connection answers: always the next question that nobody has taken.
async fn answers<Q, A>(
    connection: &mut Connection,
    questions: &[Q],
    next: &AtomicUsize,
    ask: &impl AsyncFn(&mut Connection, &Q) -> Result<A, Error>,
) -> Result<Vec<(usize, A)>, Error> {
    let mut answers = Vec::new();
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(question) = questions.get(at) else { return Ok(answers) };
        answers.push((at, ask(connection, question).await?));
    }
}

/// Waits for all; the first failure ends the waiting, and the rest of the work.
async fn all<F, T, E>(mut work: Vec<Pin<Box<F>>>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut done: Vec<Option<T>> = work.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (work, done) in work.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            match work.as_mut().poll(context) {
                Poll::Ready(Ok(result)) => *done = Some(result),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
        }
        if done.iter().any(Option::is_none) { Poll::Pending } else { Poll::Ready(Ok(())) }
    })
    .await?;
    Ok(done.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    #[tokio::test]
    async fn all_are_waited_for_and_the_first_failure_ends_it() {
        let work = |results: Vec<Result<u8, u8>>| results.into_iter().map(ready).map(Box::pin).collect();
        assert_eq!(all(work(vec![Ok(1), Ok(2)])).await, Ok(vec![1, 2]));
        assert_eq!(all(work(vec![Ok(1), Err(2), Err(3)])).await, Err(2));
        assert_eq!(all(work(Vec::new())).await, Ok(Vec::new()));
        let never = |at| {
            Box::pin(async move {
                if at == 1 {
                    return Err(at);
                }
                std::future::pending::<Result<u8, u8>>().await
            })
        };
        assert_eq!(all(vec![never(0), never(1)]).await, Err(1));
    }
}
