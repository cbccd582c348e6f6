package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"math/rand"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// firstVersion is the resource version before the first pod: all versions have the same number of digits, so that they
// can be written into bytes prepared beforehand.
const firstVersion = 1_000_000_000

const bookmarkEvery = time.Minute

// changes is what happens to the pods after the start. Single changes are kept, so that a watch can go on from any of
// them; bursts are not.
type changes struct {
	mutex      sync.Mutex
	log        [][]byte
	bursts     []int
	moved      chan struct{} // closed when there is something new
	generation *generation
	refuse     int // watches still to be refused
}

// generation is the watches since the last cut.
type generation struct {
	watches sync.WaitGroup
	cut     chan struct{} // closed to cut them
	how     string
}

func newChanges() *changes {
	return &changes{moved: make(chan struct{}), generation: &generation{cut: make(chan struct{})}}
}

func (c *changes) announce() {
	close(c.moved)
	c.moved = make(chan struct{})
}

// version is that of the state as it is now.
func (s *server) version() int { return firstVersion + s.count + len(s.changes.log) }

// change modifies a pod. Returns the version of it.
func (s *server) change() int {
	s.changes.mutex.Lock()
	defer s.changes.mutex.Unlock()
	version := s.version() + 1
	i := len(s.changes.log) % s.count
	s.json[i] = withVersion(s.json[i], version)
	s.added[i] = fmt.Appendf(nil, `{"type":"ADDED","object":%s}`+"\n", s.json[i])
	s.changes.log = append(s.changes.log, fmt.Appendf(nil, `{"type":"MODIFIED","object":%s}`+"\n", s.json[i]))
	s.changedBytes.Add(int64(len(s.changes.log[len(s.changes.log)-1])))
	s.changes.announce()
	return version
}

// cut ends all watches in one of these ways, and then changes a pod:
//
//	reset   RST instead of an end
//	end     as after the time asked for
//	gone    with the error that the version is too old
//	busy    as end, and the next watches are refused once each, with a second to wait
func (s *server) cut(how string) int {
	s.changes.mutex.Lock()
	old := s.changes.generation
	s.changes.generation = &generation{cut: make(chan struct{})}
	old.how = how
	if how == "busy" {
		s.changes.refuse++
	}
	s.changes.mutex.Unlock()
	close(old.cut)
	old.watches.Wait()
	return s.change()
}

// burst sends that many changes on every watch, as fast as they are taken.
func (s *server) burst(n int) {
	s.changes.mutex.Lock()
	defer s.changes.mutex.Unlock()
	s.changes.bursts = append(s.changes.bursts, n)
	s.changes.announce()
}

func (s *server) control(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/cut":
		fmt.Fprint(w, s.cut(r.URL.Query().Get("how")))
	case "/burst":
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		s.burst(n)
	}
}

func (s *server) watch(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s.changes.mutex.Lock()
	if s.changes.refuse > 0 {
		s.changes.refuse--
		s.changes.mutex.Unlock()
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many requests, please try again later", http.StatusTooManyRequests)
		return
	}
	generation := s.changes.generation
	generation.watches.Add(1)
	seen, bursts := len(s.changes.log), len(s.changes.bursts)
	if version, err := strconv.Atoi(query.Get("resourceVersion")); err == nil && version > firstVersion {
		seen = max(0, version-firstVersion-s.count)
	}
	initial := slices.Clone(s.added)
	version := s.version()
	s.changes.mutex.Unlock()
	defer generation.watches.Done()

	w.Header().Set("Content-Type", "application/json")
	if query.Get("sendInitialEvents") == "true" {
		for _, event := range initial {
			s.write(w, event)
		}
		s.write(w, bookmark(version, `,"annotations":{"k8s.io/initial-events-end":"true"}`))
	}
	timeoutSeconds, _ := strconv.Atoi(query.Get("timeoutSeconds"))
	if timeoutSeconds == 0 {
		timeoutSeconds = 1800
	}
	timeout := time.After(time.Duration(timeoutSeconds) * time.Second)
	ticker := time.NewTicker(bookmarkEvery)
	defer ticker.Stop()
	for {
		s.changes.mutex.Lock()
		news, burst, moved := s.changes.log[seen:], s.changes.bursts[bursts:], s.changes.moved
		version := s.version()
		s.changes.mutex.Unlock()
		for _, event := range news {
			s.write(w, event)
		}
		for _, n := range burst {
			s.writeBurst(w, n, version)
		}
		seen, bursts = seen+len(news), bursts+len(burst)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-moved:
		case <-ticker.C:
			s.write(w, bookmark(version, ""))
		case <-generation.cut:
			s.end(w, generation.how)
			return
		case <-timeout:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (s *server) end(w http.ResponseWriter, how string) {
	switch how {
	case "gone":
		s.write(w, []byte(`{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version","reason":"Expired","code":410}}`+"\n"))
	case "reset":
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler) // HTTP/2: resets the stream
		}
		if tcp, ok := connection.(*tls.Conn).NetConn().(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
			_ = tcp.Close()
		}
	}
}

// writeBurst writes changes of all pods in turn, a bookmark after every hundredth, cut at random.
func (s *server) writeBurst(w http.ResponseWriter, n, version int) {
	events := make([][]byte, min(s.count, n))
	for i := range events {
		events[i] = fmt.Appendf(nil, `{"type":"MODIFIED","object":%s}`+"\n", s.json[i])
	}
	random := rand.New(rand.NewSource(1))
	var buffer []byte
	for i := range n {
		version++
		buffer = append(buffer, withVersion(events[i%len(events)], version)...)
		if i%100 == 99 {
			buffer = append(buffer, bookmark(version, "")...)
		}
		for size := 1 + random.Intn(64<<10); len(buffer) > size; size = 1 + random.Intn(64<<10) {
			s.write(w, buffer[:size])
			buffer = append(buffer[:0], buffer[size:]...)
		}
	}
	s.write(w, buffer)
}

func (s *server) write(w http.ResponseWriter, data []byte) {
	n, _ := w.Write(data)
	s.sentBytes.Add(int64(n))
}

func bookmark(version int, annotations string) []byte {
	return fmt.Appendf(nil, `{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"%d"%s}}}`+"\n", version, annotations)
}

// withVersion is a copy of the bytes of an object, or of an event, with another resource version of as many digits.
func withVersion(object []byte, version int) []byte {
	key := []byte(`"resourceVersion":"`)
	changed := bytes.Clone(object)
	copy(changed[bytes.Index(changed, key)+len(key):], strconv.Itoa(version))
	return changed
}
