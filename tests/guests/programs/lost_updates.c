// A planted race: what each thread adds is read before a blocking call and written after it. Only some orders of the threads lose an update;
// the one in which they become ready does not.
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>

static sem_t turn[3];
static int total;

static void *adds(void *arg) {
    const int me = (int)(intptr_t)arg;
    const int was = total;
    sem_post(&turn[me]); // says that it is there: another may go on
    sem_wait(&turn[2]);
    total = was + 1;
    sem_post(&turn[2]);
    return NULL;
}

static void *adds_later(void *arg) {
    sem_wait(&turn[0]); // behind the first, as its author thought: when that one has said so, it is done
    return adds(arg);
}

int main(void) {
    pthread_t first, second;
    for (int i = 0; i < 3; i++)
        sem_init(&turn[i], 0, i == 2);
    pthread_create(&first, NULL, adds, (void *)0);
    pthread_create(&second, NULL, adds_later, (void *)1);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("%d\n", total);
    return total != 2;
}
