// Command reference is what Danube's benchmarks measure against: a small API server that is faster than any client,
// and the same work done with client-go.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Measured is what every client run prints, as one line of JSON.
type Measured struct {
	Seconds      float64 `json:"seconds"`
	CPUSeconds   float64 `json:"cpuSeconds"`
	PeakRSSBytes int64   `json:"peakRssBytes"`
	Count        int     `json:"count"`
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: reference serve|get|informer|burst|arrivals|exec|run|lines ..."))
	}
	var err error
	switch os.Args[1] {
	case "serve":
		err = serve(os.Args[2:])
	case "get":
		err = get(os.Args[2:])
	case "informer":
		err = informer(os.Args[2:])
	case "burst":
		err = burst(os.Args[2:])
	case "arrivals":
		err = arrivals()
	case "exec":
		err = execCommand(os.Args[2:])
	case "run":
		err = runMeasured(os.Args[2:])
	case "lines":
		err = lines(os.Args[2:])
	default:
		err = fmt.Errorf("unknown command %q", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "reference:", err)
	os.Exit(1)
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// measure runs work and prints what it took. CPU is that of the work, memory that of the process.
func measure(work func() (int, error)) error {
	cpu, start := cpuSeconds(), time.Now()
	count, err := work()
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return json.NewEncoder(os.Stdout).Encode(Measured{seconds, cpuSeconds() - cpu, usage.Maxrss * 1024, count})
}
