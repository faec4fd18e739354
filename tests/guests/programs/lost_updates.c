// A planted race: each thread reads the total before it waits, and writes it afterwards. In the order in which threads become ready nothing
// is lost: the first, which was told to go on before the second was made, has written before the second reads.
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static sem_t go[2];
static int total;

static void *adds(void *arg) {
    const intptr_t me = (intptr_t)arg;
    const int was = total;
    sem_wait(&go[me]);
    total = was + 1;
    if (me == 0)
        sem_post(&go[1]);
    return NULL;
}

int main(void) {
    pthread_t first, second;
    sem_init(&go[0], 0, 0);
    sem_init(&go[1], 0, 0);
    pthread_create(&first, NULL, adds, (void *)0);
    nanosleep(&(struct timespec){1, 0}, NULL);
    sem_post(&go[0]);
    pthread_create(&second, NULL, adds, (void *)1);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("%d\n", total);
    return total != 2;
}
