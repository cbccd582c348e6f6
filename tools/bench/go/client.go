package main

import (
	"context"
	"flag"
	"os"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// client is client-go at its best: no rate limit, and protobuf where the server has it.
func client(contentType string) (*kubernetes.Clientset, error) {
	return kubernetes.NewForConfig(&rest.Config{
		Host:            os.Getenv("BENCH_URL"),
		BearerToken:     "bench",
		TLSClientConfig: rest.TLSClientConfig{CAData: []byte(os.Getenv("BENCH_CA"))},
		QPS:             -1,
		ContentConfig:   rest.ContentConfig{ContentType: contentType, AcceptContentTypes: contentType + ",application/json"},
	})
}

func get(args []string) error {
	flags := flag.NewFlagSet("get", flag.ContinueOnError)
	n := flags.Int("n", 1000, "requests")
	c := flags.Int("c", 1, "requests at a time")
	contentType := flags.String("type", "application/json", "content type")
	if err := flags.Parse(args); err != nil {
		return err
	}
	clientset, err := client(*contentType)
	if err != nil {
		return err
	}
	pods := clientset.CoreV1().Pods("danube-jobs")
	if _, err := pods.Get(context.Background(), "pod-000000", metav1.GetOptions{}); err != nil {
		return err
	}
	return measure(func() (int, error) {
		var left atomic.Int64
		left.Store(int64(*n))
		var group sync.WaitGroup
		var failure atomic.Pointer[error]
		for range *c {
			group.Add(1)
			go func() {
				defer group.Done()
				for left.Add(-1) >= 0 {
					if _, err := pods.Get(context.Background(), "pod-000000", metav1.GetOptions{}); err != nil {
						failure.Store(&err)
						return
					}
				}
			}()
		}
		group.Wait()
		if err := failure.Load(); err != nil {
			return 0, *err
		}
		return *n, nil
	})
}

func informer(args []string) error {
	flags := flag.NewFlagSet("informer", flag.ContinueOnError)
	contentType := flags.String("type", "application/json", "content type")
	if err := flags.Parse(args); err != nil {
		return err
	}
	clientset, err := client(*contentType)
	if err != nil {
		return err
	}
	return measure(func() (int, error) {
		stop := make(chan struct{})
		defer close(stop)
		factory := informers.NewSharedInformerFactory(clientset, 0)
		pods := factory.Core().V1().Pods().Informer()
		_, _ = pods.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(any) {}})
		factory.Start(stop)
		if !cache.WaitForCacheSync(stop, pods.HasSynced) {
			return 0, context.DeadlineExceeded
		}
		count := 0
		for _, object := range pods.GetStore().List() {
			if _, ok := object.(*corev1.Pod); ok {
				count++
			}
		}
		return count, nil
	})
}
