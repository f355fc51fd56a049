//! The journal against the least that could be as durable: a file that is only
//! appended to, with `fdatasync` before each answer. And a list of the newest
//! deliveries in a small and a large journal, which must cost the same.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark that fails says so by panicking")]

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hookctl::hook::delivery::{Checked, Delivery, Facts};
use hookctl::hook::headers::Head;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use hookctl::journal::{Durability, Filter, Journal, Options, Reader, Retention};
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// A delivery as vendors send them: a head of 12 fields and a body of 1 KB.
fn delivery(number: u64) -> Arc<Checked> {
    let fields = (0..12).map(|field| (format!("X-Field-{field}"), "a value of usual length"));
    Arc::new(Checked {
        delivery: Delivery {
            received: Timestamp::from_seconds(1_760_000_000),
            peer: "127.0.0.1:40000".parse().unwrap(),
            head: Head::build("POST", "/webhooks/koji", fields).unwrap(),
            body: Bytes::from(vec![b'x'; 1_024]),
        },
        verdict: Verdict::of(&Arc::from("koji"), Code::Verified, "the signature holds"),
        facts: Facts {
            event: Some("interview.completed".to_owned()),
            dedup_key: Some(format!("koji/interview.completed/{number}")),
            ..Facts::default()
        },
        outbox: Arc::from([]),
    })
}

/// An append-only file with group commit: what any journal has to do, and nothing else.
#[derive(Clone)]
struct BareFile(SyncSender<(Arc<Checked>, oneshot::Sender<()>)>);

impl BareFile {
    fn open(path: &Path) -> Self {
        let mut file = File::create(path).unwrap();
        let (sender, queue) = sync_channel::<(Arc<Checked>, oneshot::Sender<()>)>(4_096);
        std::thread::spawn(move || {
            while let Ok(first) = queue.recv() {
                let batch: Vec<_> = std::iter::once(first).chain(queue.try_iter().take(1_023)).collect();
                let mut bytes = Vec::new();
                for (checked, _) in &batch {
                    bytes.extend_from_slice(checked.delivery.head.as_bytes());
                    bytes.extend_from_slice(&checked.delivery.body);
                }
                file.write_all(&bytes).unwrap();
                file.sync_data().unwrap();
                for (_, reply) in batch {
                    reply.send(()).unwrap();
                }
            }
        });
        Self(sender)
    }

    async fn append(&self, checked: Arc<Checked>) {
        let (reply, stored) = oneshot::channel();
        self.0.send((checked, reply)).unwrap();
        stored.await.unwrap();
    }
}

/// How long `total` appends take when `appenders` make one after another each.
fn time_appends<F>(runtime: &Runtime, appenders: u64, total: u64, append: impl Fn(u64) -> F) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let step = usize::try_from(appenders).unwrap();
    let work: Vec<Vec<F>> =
        (0..appenders).map(|appender| (appender..total).step_by(step).map(&append).collect()).collect();
    runtime.block_on(async {
        let start = Instant::now();
        let mut tasks = JoinSet::new();
        for own in work {
            tasks.spawn(async move {
                for append in own {
                    append.await;
                }
            });
        }
        tasks.join_all().await;
        start.elapsed()
    })
}

fn appends(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::open(&folder.path().join("journal.db"), Options::default()).unwrap());
    let file = BareFile::open(&folder.path().join("bare.log"));
    let mut number = 0;
    let mut group = criterion.benchmark_group("durable append");
    group.throughput(Throughput::Elements(1));
    for appenders in [1, 64] {
        group.bench_function(BenchmarkId::new("journal", appenders), |bencher| {
            bencher.iter_custom(|total| {
                let base = number;
                number += total;
                time_appends(&runtime, appenders, total, |offset| {
                    let (journal, checked) = (Arc::clone(&journal), delivery(base + offset));
                    async move {
                        black_box(journal.append(checked).await.unwrap().into_parts());
                    }
                })
            });
        });
        group.bench_function(BenchmarkId::new("bare file", appenders), |bencher| {
            bencher.iter_custom(|total| {
                time_appends(&runtime, appenders, total, |offset| {
                    let (file, checked) = (file.clone(), delivery(offset));
                    async move { file.append(checked).await }
                })
            });
        });
    }
    group.finish();
}

fn lists(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut group = criterion.benchmark_group("list the newest 50");
    for deliveries in [1_000, 100_000] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let retention = Retention { max_deliveries: u64::MAX, ..Retention::default() };
        let options = Options { retention, durability: Durability::Off, ..Options::default() };
        let journal = Arc::new(Journal::open(&path, options).unwrap());
        // In portions, so that the deliveries to come need no memory.
        for base in (0..deliveries).step_by(1_000) {
            time_appends(&runtime, 64, 1_000, |offset| {
                let (journal, checked) = (Arc::clone(&journal), delivery(base + offset));
                async move {
                    black_box(journal.append(checked).await.unwrap().into_parts());
                }
            });
        }
        runtime.block_on(journal.close()).unwrap();
        group.bench_function(BenchmarkId::from_parameter(deliveries), |bencher| {
            bencher.iter(|| Reader::open(&path).unwrap().list(&Filter::default()).unwrap().items.len());
        });
    }
    group.finish();
}

criterion_group! {
    name = journal;
    config = Criterion::default().sample_size(10);
    targets = appends, lists
}
criterion_main!(journal);
