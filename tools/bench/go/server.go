package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

const protobufType = "application/vnd.kubernetes.protobuf"

// serve answers GET of any pod, and list and watch of the pods of the cluster, from bytes made beforehand, over TLS on
// loopback. It prints {"url","ca"} once it listens, and ends when its stdin does. GET /stats tells the TLS handshakes,
// the requests for lists and watches, the bytes of their answers and those of all changes; /cut and /burst make things happen, see changes.
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	pods := flags.Int("pods", 1000, "how many pods the cluster has")
	if err := flags.Parse(args); err != nil {
		return err
	}
	certificate, ca, err := selfSigned()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := newServer(*pods)
	httpServer := &http.Server{
		Handler: server,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, VerifyConnection: func(tls.ConnectionState) error {
			server.handshakes.Add(1)
			return nil
		}},
	}
	go func() { fail(httpServer.ServeTLS(listener, "", "")) }()
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"url": "https://" + listener.Addr().String(), "ca": ca}); err != nil {
		return err
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	return nil
}

type server struct {
	handshakes   atomic.Int64
	requests     atomic.Int64
	sentBytes    atomic.Int64
	changedBytes atomic.Int64
	count        int
	json         [][]byte
	added        [][]byte
	protobuf     []byte
	pod          *corev1.Pod
	changes      *changes
}

func newServer(count int) *server {
	s := &server{count: count, json: make([][]byte, count), added: make([][]byte, count), changes: newChanges()}
	for i := range s.json {
		s.json[i], _ = json.Marshal(newPod(i))
		s.added[i] = fmt.Appendf(nil, `{"type":"ADDED","object":%s}`+"\n", s.json[i])
	}
	s.pod = newPod(0)
	s.protobuf = encodeProtobuf(s.pod)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/stats":
		fmt.Fprintf(w, `{"handshakes":%d,"requests":%d,"sentBytes":%d,"changedBytes":%d}`, s.handshakes.Load(), s.requests.Load(), s.sentBytes.Load(), s.changedBytes.Load())
	case r.URL.Path == "/cut" || r.URL.Path == "/burst":
		s.control(w, r)
	case strings.HasSuffix(r.URL.Path, "/exec"):
		s.exec(w, r)
	case r.URL.Path == "/api" || r.URL.Path == "/apis" || r.URL.Path == "/api/v1":
		discovery(w, r)
	case r.URL.Path == "/api/v1/pods" && r.URL.Query().Get("watch") != "":
		s.requests.Add(1)
		s.watch(w, r)
	case r.URL.Path == "/api/v1/pods":
		s.requests.Add(1)
		s.list(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/"):
		if strings.Contains(r.Header.Get("Accept"), protobufType) {
			w.Header().Set("Content-Type", protobufType)
			_, _ = w.Write(s.protobuf)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(s.json[0])
	default:
		http.NotFound(w, r)
	}
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	start, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	end, next := s.count, ""
	if limit > 0 && start+limit < s.count {
		end, next = start+limit, strconv.Itoa(start+limit)
	}
	s.changes.mutex.Lock()
	items, version := slices.Clone(s.json[start:end]), s.version()
	s.changes.mutex.Unlock()
	w.Header().Set("Content-Type", "application/json")
	s.write(w, fmt.Appendf(nil, `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"%d","continue":%q},"items":[`, version, next))
	for i, item := range items {
		if i > 0 {
			s.write(w, []byte{','})
		}
		s.write(w, item)
	}
	s.write(w, []byte("]}\n"))
}

func encodeProtobuf(pod *corev1.Pod) []byte {
	var buffer bytes.Buffer
	var object runtime.Object = pod
	if err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(object, &buffer); err != nil {
		fail(err)
	}
	return buffer.Bytes()
}

// newPod is about what a real pod weighs: 5.0 KB of JSON, a third of it managedFields.
func newPod(i int) *corev1.Pod {
	name := fmt.Sprintf("pod-%06d", i)
	managed := func(manager string, size int) metav1.ManagedFieldsEntry {
		raw := []byte(`{"f:metadata":{"f:labels":{".":{}`)
		for n := 0; len(raw) < size; n++ {
			raw = append(raw, fmt.Sprintf(`,"f:app.example.com/label-%d":{}`, n)...)
		}
		raw = append(raw, `}}}`...)
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1",
			Time: &metav1.Time{Time: time.Unix(1_700_000_000, 0)}, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: raw}}
	}
	container := func(name string) corev1.Container {
		c := corev1.Container{Name: name, Image: "registry.example.com/team/" + name + ":1.2.3", ImagePullPolicy: corev1.PullIfNotPresent}
		for n := range 12 {
			c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%02d", n), Value: "some value of a setting"})
		}
		return c
	}
	status := func(name string) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: name, Ready: true, Image: "registry.example.com/team/" + name + ":1.2.3",
			ImageID:     "registry.example.com/team/" + name + "@sha256:" + strings.Repeat("ab", 32),
			ContainerID: "containerd://" + strings.Repeat("cd", 32),
			State:       corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Unix(1_700_000_000, 0)}}}
	}
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "danube-jobs", UID: types.UID(fmt.Sprintf("6f1d2c3b-0000-4000-8000-%012d", i)),
			ResourceVersion: strconv.Itoa(firstVersion + i + 1), CreationTimestamp: metav1.Unix(1_700_000_000, 0),
			Labels:        map[string]string{"app": "danube", "job-id": name, "pipeline": fmt.Sprintf("pipeline-%d", i%50)},
			ManagedFields: []metav1.ManagedFieldsEntry{managed("danube", 900), managed("kubelet", 700)}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{container("coordinator"), container("worker")}, NodeName: "node-1", RestartPolicy: corev1.RestartPolicyNever},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.1.2.3", HostIP: "10.0.0.1",
			Conditions:        []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{status("coordinator"), status("worker")}},
	}
}

func selfSigned() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "danube-bench"}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, ca, nil
}
