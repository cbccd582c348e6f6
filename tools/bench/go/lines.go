package main

import (
	"bytes"
	"flag"
	"os"
	"strconv"
	"time"
)

// lines writes lines that hold the time of their writing, in nanoseconds, one write each.
func lines(args []string) error {
	flags := flag.NewFlagSet("lines", flag.ContinueOnError)
	rate := flags.Int("rate", 2000, "lines a second")
	count := flags.Int("count", 1000, "lines")
	if err := flags.Parse(args); err != nil {
		return err
	}
	every, start := time.Second/time.Duration(*rate), time.Now()
	for i := range *count {
		time.Sleep(time.Until(start.Add(time.Duration(i) * every)))
		line := strconv.AppendInt(nil, time.Now().UnixNano(), 10)
		if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// lag is how old the lines of such an output were when they came.
type lag struct {
	rest []byte
	ms   []float64
}

func (l *lag) add(data []byte) {
	now := time.Now().UnixNano()
	l.rest = append(l.rest, data...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte{'\n'})
		if !whole {
			return
		}
		if written, err := strconv.ParseInt(string(line), 10, 64); err == nil {
			l.ms = append(l.ms, float64(now-written)/1e6)
		}
		l.rest = rest
	}
}
