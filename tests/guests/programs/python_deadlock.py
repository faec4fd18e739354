# Two threads that take two locks in different orders, and always meet.
import threading
import time

one, two = threading.Lock(), threading.Lock()


def both(first, second):
    with first:
        time.sleep(0.001)
        with second:
            pass


def deposit():
    both(one, two)


def withdraw():
    both(two, one)


threads = [threading.Thread(target=deposit), threading.Thread(target=withdraw)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
