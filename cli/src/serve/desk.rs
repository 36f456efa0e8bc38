//! The desk: questions go over it to the pool's threads, each of which answers one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, mpsc};

use hyper::StatusCode;
use serde::Serialize;
use tokio::sync::oneshot;

use super::question::Question;
use super::reply::{self, JSON, Refusal, Reply};
use crate::end::End;
use crate::recogniser::{Answer, Recogniser};

type Outcome = Result<Reply, Refusal>;
type Waiting = (Question, oneshot::Sender<Outcome>);

/// Where questions are put. No more can wait than there are connections, each of which waits for its answer.
#[derive(Debug, Clone)]
pub struct Desk(mpsc::Sender<Waiting>);

/// The other side.
#[derive(Debug)]
pub struct Questions(mpsc::Receiver<Waiting>);

/// Opens one.
pub fn open() -> (Desk, Questions) {
    let (sender, receiver) = mpsc::channel();
    (Desk(sender), Questions(receiver))
}

impl Desk {
    /// Puts a question and waits for its answer.
    pub async fn ask(&self, question: Question) -> Outcome {
        let (sender, answer) = oneshot::channel();
        let nobody = || Refusal::internal("nobody answers; this is a bug of the server's");
        self.0.send((question, sender)).map_err(|_| nobody())?;
        answer.await.unwrap_or_else(|_| Err(nobody()))
    }
}

impl Questions {
    /// Answers them on all threads of the current pool, until nobody is left to ask.
    pub fn answer(self, recogniser: &Recogniser) {
        let questions = Mutex::new(self.0);
        // Whoever waits for a question holds the lock, and lets go of it before the work.
        let next = || questions.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
        rayon::broadcast(|_| {
            while let Some((question, sender)) = next() {
                // The client may have gone.
                if sender.is_closed() {
                    continue;
                }
                // A decoder's panic is not to cost the thread. It drops the sender, by which the client is told.
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    let _ = sender.send(answer(recogniser, &question));
                }));
            }
        });
    }
}

/// An answer as clients get it.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    answer: &'a Answer,
    #[serde(flatten)]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
struct Details<'a> {
    pixels: &'a [f32],
    hidden: &'a [Vec<f32>],
}

fn answer(recogniser: &Recogniser, question: &Question) -> Outcome {
    let pixels = [question.pixels()?];
    let answers = recogniser.answers(&pixels).map_err(failed)?;
    let [answer] = &answers[..] else {
        unreachable!("one answer for one image");
    };
    let details = question.details.then_some(Details { pixels: &pixels[0], hidden: &answer.hidden });
    let told = serde_json::to_vec(&Told { answer, details }).expect("numbers and lists of them");
    Ok(reply::of(StatusCode::OK, JSON, told))
}

/// The network's own fault, whatever the question was.
fn failed(end: End) -> Refusal {
    Refusal::internal(end.line().unwrap_or_default().trim_start_matches("error: "))
}
