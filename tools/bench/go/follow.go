package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// burst lets the server send n changes and takes them with an informer.
func burst(args []string) error {
	flags := flag.NewFlagSet("burst", flag.ContinueOnError)
	n := flags.Int("n", 1000, "changes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	clientset, err := client("application/json")
	if err != nil {
		return err
	}
	done, left := make(chan struct{}), *n
	stop := make(chan struct{})
	defer close(stop)
	err = informPods(clientset, "", stop, cache.ResourceEventHandlerFuncs{UpdateFunc: func(any, any) {
		if left--; left == 0 {
			close(done)
		}
	}})
	if err != nil {
		return err
	}
	return measure(func() (int, error) {
		request := clientset.CoreV1().RESTClient().Get().AbsPath("/burst").Param("n", strconv.Itoa(*n))
		if err := request.Do(context.Background()).Error(); err != nil {
			return 0, err
		}
		<-done
		return *n, nil
	})
}

// arrivals prints when each change of a pod of a namespace reaches the handler of an informer, one line of JSON each,
// after a line once it is in sync. It ends when its stdin does.
func arrivals() error {
	config, err := execConfig()
	if err != nil {
		return err
	}
	config.QPS = -1
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	defer close(stop)
	out := json.NewEncoder(os.Stdout)
	err = informPods(clientset, os.Getenv("BENCH_NAMESPACE"), stop, cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, object any) {
		at := float64(time.Now().UnixNano()) / 1e6
		_ = out.Encode(map[string]any{"version": object.(*corev1.Pod).ResourceVersion, "atMs": at})
	}})
	if err != nil {
		return err
	}
	fmt.Println(`{"synced":true}`)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}

// informPods starts an informer and waits until it is in sync.
func informPods(clientset kubernetes.Interface, namespace string, stop chan struct{}, handler cache.ResourceEventHandler) error {
	factory := informers.NewSharedInformerFactoryWithOptions(clientset, 0, informers.WithNamespace(namespace))
	pods := factory.Core().V1().Pods().Informer()
	if _, err := pods.AddEventHandler(handler); err != nil {
		return err
	}
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, pods.HasSynced) {
		return context.DeadlineExceeded
	}
	return nil
}
