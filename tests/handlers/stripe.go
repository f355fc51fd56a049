// A handler for the webhooks of stripe: Go 1.19 or newer, standard library only.
// HMAC-SHA-256 hex in Stripe-Signature
// over {ts}.{body}
// https://docs.stripe.com/webhooks/signature
//
//	STRIPE_WEBHOOK_SECRET=... go run handler.go
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// The most bytes of a body; more is answered 413.
const limit = 25 << 20

// The most between the signed time and now.
const tolerance = 300 * time.Second

type keyType = []byte

// While a secret is being replaced, the old one goes into STRIPE_WEBHOOK_SECRET_PREVIOUS.
var keys = func() (keys []keyType) {
	for _, name := range []string{"STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS"} {
		if secret := os.Getenv(name); secret != "" {
			key, err := keyOf(secret)
			if err != nil {
				log.Fatalf("%s is not a usable secret: %v", name, err)
			}
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		log.Fatal("STRIPE_WEBHOOK_SECRET is not set")
	}
	return keys
}()

func keyOf(secret string) (keyType, error) {
	return []byte(secret), nil
}

// The value of a header that came once.
func header(r *http.Request, name string) string {
	if values := r.Header.Values(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

// Whether a signed time is well written and near enough to now.
func fresh(when string) bool {
	for _, digit := range []byte(when) {
		if digit < '0' || digit > '9' {
			return false
		}
	}
	number, err := strconv.ParseInt(when, 10, 64)
	if err != nil || len(when) > 15 {
		return false
	}
	signed, now := time.Unix(number, 0), time.Now().Truncate(time.Second)
	return !signed.Before(now.Add(-tolerance)) && !signed.After(now.Add(tolerance))
}

func sign(key, content []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(content)
	return hex.EncodeToString(mac.Sum(nil))
}

// The signatures in a value, as they are written, and the time beside them.
func read(value string) (signatures []string, when string) {
	for _, element := range strings.Split(value, ",") {
		element = strings.TrimSpace(element)
		if strings.HasPrefix(element, "v1=") {
			signatures = append(signatures, strings.TrimPrefix(element, "v1="))
		}
		if strings.HasPrefix(element, "t=") && when == "" {
			when = strings.TrimPrefix(element, "t=")
		}
	}
	return signatures, when
}

// Whether the request comes from whoever has the secret.
func verify(r *http.Request, body []byte) bool {
	value := header(r, "Stripe-Signature")
	if value == "" {
		return false
	}
	signatures, when := read(value)
	if when == "" {
		return false
	}
	holds := false
	for _, key := range keys {
		expected := sign(key, bytes.Join([][]byte{[]byte(when), []byte("."), body}, nil))
		for _, signature := range signatures {
			holds = hmac.Equal([]byte(strings.ToLower(signature)), []byte(expected)) || holds
		}
	}
	// After the signature: a time that nobody signed says nothing.
	return holds && fresh(when)
}

func handle(w http.ResponseWriter, r *http.Request) {
	// The bytes as they came: a body that was parsed and written again has another signature.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest) // the sender went away
		return
	}
	if !verify(r, body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	// It is authentic. Store or queue the body here, answer at once, work on it later.
	w.WriteHeader(http.StatusOK)
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := http.Server{Handler: http.HandlerFunc(handle), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	log.Fatal(server.Serve(listener))
}
