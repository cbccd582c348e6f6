package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"sort"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"
)

// output counts what comes, hashes it when it is to be checked, and reads the stamps of its lines when they are to be timed.
type output struct {
	count int
	hash  hash.Hash
	lag   *lag
}

func newOutput(check, stamps bool) *output {
	o := &output{}
	if check {
		o.hash = sha256.New()
	}
	if stamps {
		o.lag = &lag{}
	}
	return o
}

func (o *output) Write(data []byte) (int, error) {
	o.count += len(data)
	if o.hash != nil {
		o.hash.Write(data)
	}
	if o.lag != nil {
		o.lag.add(data)
	}
	return len(data), nil
}

func (o *output) digest() string {
	if o.hash == nil {
		return ""
	}
	return hex.EncodeToString(o.hash.Sum(nil))
}

// execMeasured is Measured for a command: what came, and how long each exec took.
type execMeasured struct {
	Measured
	Sha256    string    `json:"sha256,omitempty"`
	LatencyMs []float64 `json:"latencyMs,omitempty"`
}

// execConfig is client-go for an exec, by a kubeconfig or against the server of these benchmarks.
func execConfig() (*rest.Config, error) {
	if path := os.Getenv("KUBECONFIG"); path != "" {
		return clientcmd.BuildConfigFromFlags("", path)
	}
	return &rest.Config{Host: os.Getenv("BENCH_URL"), BearerToken: "bench",
		TLSClientConfig: rest.TLSClientConfig{CAData: []byte(os.Getenv("BENCH_CA"))}}, nil
}

// execCommand runs a command in a pod n times with the WebSocket executor of client-go.
func execCommand(args []string) error {
	flags := flag.NewFlagSet("exec", flag.ContinueOnError)
	n := flags.Int("n", 1, "execs, one after the other")
	check := flags.Bool("check", false, "hash the output")
	stdinBytes := flags.Int64("stdin", 0, "bytes of stdin")
	stamps := flags.Bool("lag", false, "each line holds the time of its writing: tell how old lines are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := execConfig()
	if err != nil {
		return err
	}
	config.QPS = -1
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	once := func(out io.Writer) error {
		options := &corev1.PodExecOptions{Container: os.Getenv("BENCH_CONTAINER"), Command: flags.Args(), Stdin: *stdinBytes > 0, Stdout: true, Stderr: true}
		url := clientset.CoreV1().RESTClient().Get().Namespace(os.Getenv("BENCH_NAMESPACE")).Resource("pods").Name(os.Getenv("BENCH_POD")).SubResource("exec").
			VersionedParams(options, scheme.ParameterCodec).URL()
		executor, err := remotecommand.NewWebSocketExecutor(config, "GET", url.String())
		if err != nil {
			return err
		}
		streams := remotecommand.StreamOptions{Stdout: out, Stderr: io.Discard}
		if *stdinBytes > 0 {
			streams.Stdin = io.LimitReader(&pattern{}, *stdinBytes)
		}
		return executor.StreamWithContext(context.Background(), streams)
	}
	result := execMeasured{}
	out := newOutput(*check, *stamps)
	cpu, start := cpuSeconds(), time.Now()
	for range *n {
		began := time.Now()
		if err := once(out); err != nil {
			return err
		}
		result.LatencyMs = append(result.LatencyMs, float64(time.Since(began).Microseconds())/1000)
	}
	result.Seconds, result.CPUSeconds, result.Count = time.Since(start).Seconds(), cpuSeconds()-cpu, out.count
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	result.PeakRSSBytes, result.Sha256 = usage.Maxrss*1024, out.digest()
	if out.lag != nil {
		result.LatencyMs = out.lag.ms
	}
	sort.Float64s(result.LatencyMs)
	return json.NewEncoder(os.Stdout).Encode(result)
}

// pattern is bytes 0 to 250 again and again, so that a piece that is missing or doubled changes the hash.
type pattern struct{ at int }

var patternBytes = func() []byte {
	bytes := make([]byte, 251*1024)
	for i := range bytes {
		bytes[i] = byte(i % 251)
	}
	return bytes
}()

func (p *pattern) Read(data []byte) (int, error) {
	n := copy(data, patternBytes[p.at%len(patternBytes):])
	p.at += n
	return n, nil
}

// runMeasured runs any program n times and measures it as a client is measured: what it writes, its CPU and memory.
// Without -check its output goes to /dev/null, which is the best it can get.
func runMeasured(args []string) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	n := flags.Int("n", 1, "runs, one after the other")
	check := flags.Bool("check", false, "read and hash the output")
	stdinBytes := flags.Int64("stdin", 0, "bytes of stdin")
	stamps := flags.Bool("lag", false, "each line holds the time of its writing: tell how old lines are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	result := execMeasured{}
	out := newOutput(*check, *stamps)
	start := time.Now()
	for range *n {
		var stderr bytes.Buffer
		command := exec.Command(flags.Arg(0), flags.Args()[1:]...)
		command.Stderr = &stderr
		if *stdinBytes > 0 {
			command.Stdin = io.LimitReader(&pattern{}, *stdinBytes)
		}
		if *check || *stamps {
			command.Stdout = out
		}
		began := time.Now()
		if err := command.Run(); err != nil {
			return fmt.Errorf("%s: %w: %s", flags.Arg(0), err, stderr.String())
		}
		result.LatencyMs = append(result.LatencyMs, float64(time.Since(began).Microseconds())/1000)
		usage := command.ProcessState.SysUsage().(*syscall.Rusage)
		result.CPUSeconds += float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
		result.PeakRSSBytes = max(result.PeakRSSBytes, usage.Maxrss*1024)
	}
	result.Seconds, result.Count, result.Sha256 = time.Since(start).Seconds(), out.count, out.digest()
	if out.lag != nil {
		result.LatencyMs = out.lag.ms
	}
	sort.Float64s(result.LatencyMs)
	return json.NewEncoder(os.Stdout).Encode(result)
}
