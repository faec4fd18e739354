// Go's rows: goroutines on one processor.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
)

func cpu() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(0, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func row(name string, began int64, count int) {
	fmt.Printf("%s %.2f\n", name, float64(cpu()-began)/float64(count))
}

func resident() int64 {
	var size, pages int64
	file, _ := os.Open("/proc/self/statm")
	fmt.Fscan(file, &size, &pages)
	file.Close()
	return pages * 4096
}

func main() {
	runtime.GOMAXPROCS(1)
	const n, batch = 5000000, 1000
	var all sync.WaitGroup
	all.Add(batch)
	began := cpu()
	for i := 0; i < batch; i++ {
		go func() {
			for j := 0; j < n/batch; j++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
	row("yield", began, n)

	there, back := make(chan int, 1), make(chan int, 1)
	go func() {
		for item := range there {
			back <- item
		}
	}()
	began = cpu()
	for i := 0; i < n/4; i++ {
		there <- i
		<-back
	}
	row("channel", began, n/2)
	close(there)

	began = cpu()
	for i := 0; i < n/5; i++ {
		done := make(chan int, 1)
		go func() { done <- 1 }()
		<-done
	}
	row("spawn", began, n/5)

	runtime.GC()
	before := resident()
	never := make(chan int)
	for i := 0; i < 100000; i++ {
		go func() { <-never }()
	}
	runtime.Gosched()
	fmt.Printf("idle_task %d\n", (resident()-before)/100000)
}
