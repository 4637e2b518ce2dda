// delay-proxy hands bytes on to one address after a fixed time each way, so that every client of a benchmark
// has the same round trip, whatever it speaks. What is under way is not limited: it stands for distance, not for
// a narrow line.
package main

import (
	"flag"
	"fmt"
	"io/ioutil"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// piece is what was read at once, and when it may go on; without bytes it is the end.
type piece struct {
	due   time.Time
	bytes []byte
}

func hand(from, to *net.TCPConn, delay time.Duration) {
	pieces := make(chan piece, 4096)
	go func() {
		for {
			buffer := make([]byte, 64<<10)
			n, err := from.Read(buffer)
			pieces <- piece{time.Now().Add(delay), buffer[:n]}
			if err != nil {
				close(pieces)
				return
			}
		}
	}()
	broken := false
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if !broken && len(p.bytes) > 0 {
			if _, err := to.Write(p.bytes); err != nil {
				broken = true
				from.CloseRead()
			}
		}
	}
	to.CloseWrite()
}

func serve(client *net.TCPConn, target string, delay time.Duration) {
	server, err := net.Dial("tcp", target)
	if err != nil {
		client.Close()
		return
	}
	done := make(chan struct{})
	go func() {
		hand(client, server.(*net.TCPConn), delay)
		close(done)
	}()
	hand(server.(*net.TCPConn), client, delay)
	<-done
	client.Close()
	server.Close()
}

func main() {
	target := flag.String("to", "", "host:port")
	trip := flag.Duration("round-trip", 20*time.Millisecond, "there and back again")
	ready := flag.String("ready-file", "", "written when ready: the port")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	port := fmt.Sprintln(listener.Addr().(*net.TCPAddr).Port)
	if err := ioutil.WriteFile(*ready+".new", []byte(port), 0600); err != nil {
		log.Fatal(err)
	}
	if err := os.Rename(*ready+".new", *ready); err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				log.Fatal(err)
			}
			go serve(client.(*net.TCPConn), *target, *trip/2)
		}
	}()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
}
