//! The bytes of answers in hand, over all targets and attempts. They count as
//! long as anybody holds the answer. A small answer counts nothing, so it is
//! taken however many large ones there are.

use crate::buffer::Buffer;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So much of each answer is not counted.
const FREE: usize = 16 << 10;

/// The room for the answers of one client.
#[derive(Clone, Debug)]
pub(super) struct Answers(Arc<Semaphore>);

/// The body of one answer, as far as it has come.
#[derive(Debug)]
pub(super) struct Gathered {
    room: Answers,
    whole: Buffer,
    cost: usize,
    counted: Option<OwnedSemaphorePermit>,
}

impl Answers {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    pub(super) fn begin(&self) -> Gathered {
        Gathered { room: self.clone(), whole: Buffer::default(), cost: 0, counted: None }
    }
}

impl Gathered {
    pub(super) fn len(&self) -> usize {
        self.whole.len()
    }

    /// Takes more of a body of at most `most` bytes; false when there is no room for it.
    pub(super) fn push(&mut self, data: &[u8], most: usize) -> bool {
        let cost = self.cost + self.whole.growth(data.len(), most);
        let more = cost.saturating_sub(FREE) - self.cost.saturating_sub(FREE);
        self.cost = cost;
        self.count(more) && self.whole.push(data, most)
    }

    fn count(&mut self, more: usize) -> bool {
        if more == 0 {
            return true;
        }
        let Ok(more) = u32::try_from(more) else { return false };
        let Ok(permit) = Arc::clone(&self.room.0).try_acquire_many_owned(more) else { return false };
        match &mut self.counted {
            Some(counted) => counted.merge(permit),
            none => *none = Some(permit),
        }
        true
    }

    /// The whole body.
    pub(super) fn finish(self) -> Bytes {
        match self.counted {
            Some(counted) => self.whole.into_bytes_with(counted),
            None => self.whole.into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_answers_share_the_room_and_small_ones_need_none() {
        let most = 1 << 20;
        let answers = Answers::new(300 << 10);
        let gather = |bytes: usize| {
            let mut gathered = answers.begin();
            (0..bytes >> 10).all(|_| gathered.push(&[b'a'; 1 << 10], most)).then(|| gathered.finish())
        };
        let large = gather(200 << 10).unwrap();
        assert!(gather(200 << 10).is_none(), "there is room for one");
        assert_eq!(gather(FREE).unwrap().len(), FREE);
        let part = large.slice(..1);
        drop(large);
        assert!(gather(200 << 10).is_none(), "somebody still holds a part of it");
        drop(part);
        assert!(gather(200 << 10).is_some());
        assert_eq!(answers.0.available_permits(), 300 << 10);
    }
}
