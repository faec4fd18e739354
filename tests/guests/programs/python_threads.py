# Threads of Python: queues, locks, a pool of workers, timers, events, barriers, conditions. Prints the same under real threads.
import threading, queue, time
from concurrent.futures import ThreadPoolExecutor
q = queue.Queue(4)
total = 0
lock = threading.Lock()
def produce(n):
    for i in range(20):
        q.put(n * 100 + i)
        time.sleep(0.001)
def consume():
    global total
    while True:
        item = q.get()
        if item is None: return
        with lock:
            total += item
ps = [threading.Thread(target=produce, args=(n,), name=f"p{n}") for n in range(4)]
cs = [threading.Thread(target=consume) for _ in range(3)]
for t in ps + cs: t.start()
for t in ps: t.join()
for _ in cs: q.put(None)
for t in cs: t.join()
print("total", total)
with ThreadPoolExecutor(8) as ex:
    print(sum(ex.map(lambda x: (time.sleep(0.01 * (x % 3)), x * x)[1], range(50))))
e = threading.Event()
threading.Timer(5, e.set).start()
t0 = time.monotonic()
print(e.wait(60), round(time.monotonic() - t0, 1))
b = threading.Barrier(5)
def meet():
    b.wait()
ts = [threading.Thread(target=meet) for _ in range(5)]
[t.start() for t in ts]; [t.join() for t in ts]
c = threading.Condition()
print(c.acquire(), c.wait(3))
