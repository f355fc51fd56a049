// A good handler for the webhooks of Koji, on Go's standard library.
//
//	KOJI_WEBHOOK_SECRET=... go run net_http.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// The most bytes of a body; more is answered 413.
const limit = 25 << 20

// A table with a unique key, in an application.
var seen = struct {
	sync.Mutex
	keys map[string]bool
}{keys: map[string]bool{}}

func verify(r *http.Request, secret, body []byte) bool {
	values := r.Header.Values("X-Koji-Signature")
	if len(values) != 1 || !strings.HasPrefix(values[0], "sha256=") {
		return false
	}
	given, err := hex.DecodeString(strings.TrimPrefix(values[0], "sha256="))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// What tells a repeat: a completed and an analysed interview share their id.
func keyOf(event any, body []byte) string {
	if object, ok := event.(map[string]any); ok {
		if data, ok := object["data"].(map[string]any); ok {
			if id, ok := data["interview_id"].(string); ok {
				return fmt.Sprintf("%v:%s", object["type"], id)
			}
		}
	}
	return fmt.Sprintf("%x", sha256.Sum256(body))
}

func isPing(event any) bool {
	object, ok := event.(map[string]any)
	return ok && object["type"] == "ping"
}

func webhooks(secret []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		// The bytes as they came, before anything is parsed.
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
			return
		case !verify(r, secret, body):
			w.WriteHeader(http.StatusUnauthorized)
			return
		case len(body) == 0:
			return // Koji's ping
		}
		var event any
		if err := json.Unmarshal(body, &event); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if !isPing(event) {
			seen.Lock()
			defer seen.Unlock()
			seen.keys[keyOf(event, body)] = true
		}
	}
}

func count(w http.ResponseWriter, _ *http.Request) {
	seen.Lock()
	defer seen.Unlock()
	fmt.Fprintln(w, len(seen.keys))
}

func main() {
	secret, port := os.Getenv("KOJI_WEBHOOK_SECRET"), os.Getenv("PORT")
	if secret == "" {
		log.Fatal("KOJI_WEBHOOK_SECRET is not set")
	}
	if port == "" {
		port = "3000"
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/webhooks", webhooks([]byte(secret)))
	routes.HandleFunc("/count", count)
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	log.Fatal(server.Serve(listener))
}
