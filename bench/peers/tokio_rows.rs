// tokio's rows, on its current-thread runtime: a task is a future without a stack, and costs no more than what it keeps. tokio has no plain
// callback; the cheapest thing that runs later is a spawned future that is ready at once, so that is what call_soon and chain are here.
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, sleep_until, Instant, Sleep};

const BATCH: usize = 1000;

fn cpu() -> i64 {
    extern "C" {
        fn clock_gettime(id: i32, time: *mut i64) -> i32;
    }
    const PROCESS_CPUTIME: i32 = 2;
    let mut time = [0i64; 2];
    unsafe { clock_gettime(PROCESS_CPUTIME, time.as_mut_ptr()) };
    time[0] * 1_000_000_000 + time[1]
}

fn row(name: &str, began: i64, count: usize) {
    println!("{} {:.2}", name, (cpu() - began) as f64 / count as f64);
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn draw(drawn: &mut u64) -> u64 {
    *drawn ^= *drawn << 13;
    *drawn ^= *drawn >> 7;
    *drawn ^= *drawn << 17;
    *drawn
}

async fn soon_batch(n: usize) {
    let began = cpu();
    for _ in 0..n / BATCH {
        for _ in 0..BATCH {
            tokio::spawn(async {});
        }
        tokio::task::yield_now().await;
    }
    row("call_soon", began, n);
}

fn link(left: usize, done: oneshot::Sender<()>) {
    tokio::spawn(async move {
        if left == 0 {
            done.send(()).unwrap();
        } else {
            link(left - 1, done);
        }
    });
}

async fn soon_chain(n: usize) {
    let (done, end) = oneshot::channel();
    let began = cpu();
    link(n, done);
    end.await.unwrap();
    row("chain", began, n);
}

async fn thousand_yield(n: usize) {
    let began = cpu();
    let mut tasks = Vec::new();
    for _ in 0..BATCH {
        tasks.push(tokio::spawn(async move {
            for _ in 0..n / BATCH {
                tokio::task::yield_now().await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    row("yield", began, n);
}

// A oneshot is used once, as a future is: each piece makes one, sets it and awaits it.
async fn future_wake(n: usize) {
    thread_local! {
        static PING: Cell<Option<oneshot::Sender<()>>> = Cell::new(None);
        static PONG: Cell<Option<oneshot::Sender<()>>> = Cell::new(None);
    }
    let (set, mut ping) = oneshot::channel();
    PING.with(|cell| cell.set(Some(set)));
    let ponger = tokio::spawn(async move {
        for _ in 0..n / 2 {
            ping.await.unwrap();
            let (set, next) = oneshot::channel();
            PING.with(|cell| cell.set(Some(set)));
            ping = next;
            PONG.with(|cell| cell.take()).unwrap().send(()).unwrap();
        }
    });
    let began = cpu();
    for _ in 0..n / 2 {
        let (set, pong) = oneshot::channel();
        PONG.with(|cell| cell.set(Some(set)));
        PING.with(|cell| cell.take()).unwrap().send(()).unwrap();
        pong.await.unwrap();
    }
    row("future", began, n);
    ponger.await.unwrap();
}

async fn channel(n: usize) {
    let (there, mut arrives) = mpsc::channel(1);
    let (back, mut returns) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(item) = arrives.recv().await {
            back.send(item).await.unwrap();
        }
    });
    let began = cpu();
    for i in 0..n / 2 {
        there.send(i).await.unwrap();
        returns.recv().await.unwrap();
    }
    row("channel", began, n);
}

async fn spawn(n: usize) {
    let began = cpu();
    for _ in 0..n {
        tokio::spawn(async { 1 }).await.unwrap();
    }
    row("spawn", began, n);
}

struct Counter(AtomicUsize);
impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

// A Sleep is armed by its first poll; what it wakes only counts, as a callback would. Deadlines are whole milliseconds: tokio knows no others.
async fn timers(n: usize) {
    let mut drawn = 88172645463325252;
    let mut order: Vec<usize> = (0..n).collect();
    let delay: Vec<Duration> = (0..n).map(|_| Duration::from_micros(1000 + draw(&mut drawn) % 999000)).collect();
    for i in (1..n).rev() {
        order.swap(i, (draw(&mut drawn) % (i as u64 + 1)) as usize);
    }
    let fired = Arc::new(Counter(AtomicUsize::new(0)));
    let waker = Waker::from(fired.clone());
    let mut context = Context::from_waker(&waker);
    let mut arm = |at: Instant| -> Option<Pin<Box<Sleep>>> {
        let mut timer = Box::pin(sleep_until(at));
        assert!(timer.as_mut().poll(&mut context).is_pending());
        Some(timer)
    };
    for warm in [true, false] {
        let say = |name: &str, began: i64| {
            if !warm {
                row(name, began, n)
            }
        };
        let later = Instant::now() + Duration::from_secs(10);
        let mut timers = Vec::with_capacity(n);
        let began = cpu();
        for i in 0..n {
            timers.push(arm(later + delay[i]));
        }
        say("timer_arm", began);
        let began = cpu();
        for i in 0..n {
            timers[order[i]] = None;
        }
        say("timer_cancel", began);
        for i in 0..n {
            timers[i] = arm(later + delay[i]);
        }
        let began = cpu();
        for _ in 0..3 {
            for i in 0..n {
                timers[order[i]].as_mut().unwrap().as_mut().reset(later + delay[order[i]]);
            }
        }
        if !warm {
            row("timer_rearm", began, 3 * n)
        }
        timers.clear();
        let now = Instant::now() + Duration::from_secs(1); // so that none is due before all are armed
        for i in 0..n {
            timers.push(arm(now + delay[i]));
        }
        std::thread::sleep(Duration::from_millis(2010));
        fired.0.store(0, Relaxed);
        let began = cpu();
        while fired.0.load(Relaxed) < n {
            sleep(Duration::ZERO).await;
            tokio::task::yield_now().await;
        }
        say("timer_fire", began);
    }
}

// Sleeps of 1 to 2^20 ms where retick's are as many ns: the smallest that tokio tells apart.
async fn virtual_sleep(n: usize) {
    let mut tasks = Vec::new();
    let began = cpu();
    for i in 0..BATCH as u32 {
        tasks.push(tokio::spawn(async move {
            let mut mine = i * 7919;
            for _ in 0..n / BATCH {
                mine = mine.wrapping_mul(1664525).wrapping_add(1013904223);
                sleep(Duration::from_millis(1 + (mine >> 12) as u64)).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    row("virtual_sleep", began, n);
}

// Each from another thread's side: a task is spawned through the handle, and the runtime comes out of its poll for it.
fn wake_asleep(n: usize) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let handle: Handle = runtime.handle().clone();
    let began = cpu();
    for _ in 0..n {
        let task = handle.spawn(async {});
        runtime.block_on(task).unwrap();
    }
    row("wake_asleep", began, n);
}

async fn idle_task(n: usize) {
    let never = Arc::new(tokio::sync::Notify::new());
    let before = resident();
    for _ in 0..n {
        let never = never.clone();
        tokio::spawn(async move { never.notified().await });
    }
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    println!("idle_task {}", (resident() - before) / n);
}

fn main() {
    // First, while no memory that was freed stands about.
    Builder::new_current_thread().build().unwrap().block_on(idle_task(100000));
    Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        soon_batch(5000000).await;
        soon_chain(5000000).await;
        thousand_yield(5000000).await;
        future_wake(2000000).await;
        channel(2000000).await;
        spawn(2000000).await;
        timers(1000000).await;
    });
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(virtual_sleep(1000000));
    wake_asleep(200000);
}
