package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	stdinChannel, stdoutChannel, stderrChannel, statusChannel, closeChannel = 0, 1, 2, 3, 255
	binaryFrame, closeFrame, pingFrame, pongFrame                           = 2, 8, 9, 10
	protocolV5                                                              = "v5.channel.k8s.io"
)

// exec upgrades to the exec protocol with the manners of the real server: an empty first frame, one frame for each
// message, the status on channel 3, then a close frame. The "commands" are made of bytes prepared beforehand:
//
//	true                      ends at once
//	firehose BYTES FRAME      writes BYTES to stdout in frames of FRAME bytes, in TLS records cut at random
//	cat, sink                 gives stdin back, or takes it
//	idle                      says nothing until the client goes away
//	ticker LINES MS BYTES     writes a line of so many bytes each MS milliseconds, then says nothing
//
// A command that is wrapped by Danube gets the end marks that its shell would have written.
func (s *server) exec(w http.ResponseWriter, r *http.Request) {
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer connection.Close()
	digest := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(digest[:]), protocolV5)
	argv, nonce := r.URL.Query()["command"], ""
	if len(argv) > 4 && argv[0] == "sh" && argv[1] == "-c" && strings.Contains(argv[2], "DANUBE") {
		argv, nonce = argv[4:], argv[3]
	}
	session := &execSession{connection: connection, stdin: make(chan []byte, 4), gone: make(chan struct{})}
	go session.read(buffered.Reader)
	_ = session.send(stdoutChannel, nil)
	session.run(argv)
	if nonce != "" {
		mark := []byte("\x1eDANUBE:" + nonce + ":e0\n")
		_ = session.send(stderrChannel, mark)
		_ = session.send(stdoutChannel, mark)
	}
	_ = session.send(statusChannel, []byte(`{"metadata":{},"status":"Success"}`))
	_ = session.write(serverFrame(closeFrame, []byte{0x03, 0xe8}))
	<-session.gone
}

type execSession struct {
	connection net.Conn
	writing    sync.Mutex
	stdin      chan []byte
	gone       chan struct{}
}

func (s *execSession) run(argv []string) {
	number := func(i int) int {
		if i >= len(argv) {
			return 0
		}
		value, _ := strconv.Atoi(argv[i])
		return value
	}
	switch argv[0] {
	case "firehose":
		s.firehose(number(1), number(2))
	case "cat", "sink":
		for payload := range s.stdin {
			if argv[0] == "cat" {
				_ = s.send(stdoutChannel, payload)
			}
		}
	case "ticker":
		s.ticker(number(1), time.Duration(number(2))*time.Millisecond, number(3))
		<-s.gone
	case "idle":
		<-s.gone
	}
}

func (s *execSession) ticker(count int, every time.Duration, size int) {
	line := append(bytes.Repeat([]byte{'x'}, size-1), '\n')
	start := time.Now()
	for i := range count {
		time.Sleep(time.Until(start.Add(time.Duration(i) * every)))
		if s.send(stdoutChannel, line) != nil {
			return
		}
	}
}

// firehose writes whole frames only, so the last one may bring the output past `total`.
func (s *execSession) firehose(total, size int) {
	random := rand.New(rand.NewSource(1))
	payload := make([]byte, 1<<20)
	_, _ = random.Read(payload)
	var block []byte
	perBlock := max(1, len(payload)/size)
	for i := range perBlock {
		block = append(block, serverFrame(binaryFrame, append([]byte{stdoutChannel}, payload[i*size%len(payload):][:size]...))...)
	}
	frame := len(block) / perBlock
	for left := (total + size - 1) / size; left > 0; left -= perBlock {
		rest := block[:min(left, perBlock)*frame]
		for len(rest) > 0 {
			cut := min(len(rest), 8192+random.Intn(8192))
			if s.write(rest[:cut]) != nil {
				return
			}
			rest = rest[cut:]
		}
	}
}

func (s *execSession) send(channel byte, payload []byte) error {
	return s.write(serverFrame(binaryFrame, append([]byte{channel}, payload...)))
}

func (s *execSession) write(data []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.connection.Write(data)
	return err
}

// read takes what the client sends, until it goes away.
func (s *execSession) read(reader *bufio.Reader) {
	defer close(s.gone)
	ended := false
	end := func() {
		if !ended {
			close(s.stdin)
		}
		ended = true
	}
	defer end()
	for {
		code, payload, err := clientFrame(reader)
		if err != nil {
			return
		}
		switch {
		case code == closeFrame:
			return
		case code == pingFrame:
			_ = s.write(serverFrame(pongFrame, payload))
		case code == binaryFrame && len(payload) > 1 && payload[0] == closeChannel && payload[1] == stdinChannel:
			end()
		case code == binaryFrame && len(payload) > 1 && payload[0] == stdinChannel && !ended:
			s.stdin <- payload[1:]
		}
	}
}

func clientFrame(reader *bufio.Reader) (code byte, payload []byte, err error) {
	head := make([]byte, 8)
	if _, err = io.ReadFull(reader, head[:2]); err != nil {
		return
	}
	code = head[0] & 0x0f
	length := uint64(head[1] & 0x7f)
	if length == 126 {
		_, err = io.ReadFull(reader, head[:2])
		length = uint64(binary.BigEndian.Uint16(head))
	} else if length == 127 {
		_, err = io.ReadFull(reader, head)
		length = binary.BigEndian.Uint64(head)
	}
	if err != nil {
		return
	}
	mask := make([]byte, 4)
	if _, err = io.ReadFull(reader, mask); err != nil {
		return
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(reader, payload)
	key := binary.LittleEndian.Uint32(mask)
	i := 0
	for wide := uint64(key)<<32 | uint64(key); i+8 <= len(payload); i += 8 {
		binary.LittleEndian.PutUint64(payload[i:], binary.LittleEndian.Uint64(payload[i:])^wide)
	}
	for ; i < len(payload); i++ {
		payload[i] ^= mask[i%4]
	}
	return
}

func serverFrame(code byte, payload []byte) []byte {
	frame := []byte{0x80 | code}
	switch length := len(payload); {
	case length < 126:
		frame = append(frame, byte(length))
	case length < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 126), uint16(length))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 127), uint64(length))
	}
	return append(frame, payload...)
}

// discovery is the little that kubectl asks before it execs.
func discovery(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"/api":  map[string]any{"kind": "APIVersions", "versions": []string{"v1"}},
		"/apis": map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": []any{}},
		"/api/v1": map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": []any{
			map[string]any{"name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod", "verbs": []string{"get"}}}},
	}[r.URL.Path])
}
