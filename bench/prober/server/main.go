// A server whose timing is known to the microsecond: HTTP/1.1 with kept connections, one small answer for every GET.
// It records when each request arrived (the read returned) and when its answer was written, so that a client's reports can be
// compared with the truth. `GET /e/<number>/<ms>…` is answered after that many milliseconds and recorded under the number.
//
// Standard input takes one command per line; each produces one line of output:
//
//	stall <ms>      from now on, stalls for this long in each second of the wall clock, starting at its 400th millisecond; 0: never
//	dump <path>     writes the records since the last dump as triples of little-endian int64: number, read and written in ns of the wall clock
//
// Standard library only: go build main.go
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const stallBeginsMs = 400

var answer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"ok\":true,\"n\":7}")
var endOfHead = []byte("\r\n\r\n")
var stallMs atomic.Int64

type note struct{ id, read, written int64 }

var (
	notesLock sync.Mutex
	notes     = make([]note, 0, 1<<20)
)

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go serve(listener)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		name, argument, _ := strings.Cut(commands.Text(), " ")
		var err error
		switch name {
		case "stall":
			var ms int64
			ms, err = strconv.ParseInt(argument, 10, 64)
			stallMs.Store(ms)
		case "dump":
			err = dump(argument)
		default:
			err = fmt.Errorf("no command %q", name)
		}
		if err != nil {
			fmt.Println("error", err)
		} else {
			fmt.Println("ok")
		}
	}
}

func serve(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go converse(connection)
	}
}

func converse(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 4096)
	filled := 0
	for {
		count, err := connection.Read(buffer[filled:])
		read := time.Now()
		if err != nil {
			return
		}
		filled += count
		end := bytes.Index(buffer[:filled], endOfHead)
		if end < 0 {
			if filled == len(buffer) {
				return
			}
			continue
		}
		id, delay := parse(buffer[:end])
		// Bytes after the head would be a second request; clients that wait for their answers send none.
		filled = 0
		if wait := delay + untilAwake(read.Add(delay)); wait > 0 {
			time.Sleep(wait)
		}
		if _, err := connection.Write(answer); err != nil {
			return
		}
		written := time.Now()
		if id >= 0 {
			notesLock.Lock()
			notes = append(notes, note{id, read.UnixNano(), written.UnixNano()})
			notesLock.Unlock()
		}
	}
}

// The remaining duration of the stall at this moment.
func untilAwake(at time.Time) time.Duration {
	stall := time.Duration(stallMs.Load()) * time.Millisecond
	if stall == 0 {
		return 0
	}
	into := time.Duration(at.Nanosecond()) - stallBeginsMs*time.Millisecond
	if into < 0 || into >= stall {
		return 0
	}
	return stall - into
}

// The number and the delay of "GET /e/<number>/<ms>…"; -1 and 0 for any other request.
func parse(head []byte) (int64, time.Duration) {
	const prefix = "GET /e/"
	if !bytes.HasPrefix(head, []byte(prefix)) {
		return -1, 0
	}
	id, rest := digits(head[len(prefix):])
	if len(rest) == 0 || rest[0] != '/' {
		return id, 0
	}
	ms, _ := digits(rest[1:])
	return id, time.Duration(ms) * time.Millisecond
}

func digits(text []byte) (int64, []byte) {
	value := int64(0)
	for len(text) > 0 && text[0] >= '0' && text[0] <= '9' {
		value = value*10 + int64(text[0]-'0')
		text = text[1:]
	}
	return value, text
}

func dump(path string) error {
	notesLock.Lock()
	taken := notes
	notes = make([]note, 0, 1<<20)
	notesLock.Unlock()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	for _, one := range taken {
		if err := binary.Write(buffered, binary.LittleEndian, []int64{one.id, one.read, one.written}); err != nil {
			return err
		}
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.Close()
}
