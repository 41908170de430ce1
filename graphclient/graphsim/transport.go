package graphsim

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
)

// Transport runs requests through the handler without a socket, in the caller's
// goroutine. It can be used inside testing/synctest, where loopback sockets hang.
// A fault of the connection becomes io.ErrUnexpectedEOF, as over a socket.
func (s *Server) Transport() http.RoundTripper { return memoryTransport{s.Handler()} }

type memoryTransport struct{ handler http.Handler }

func (t memoryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if r.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.URL.Hostname()}
	}
	w := &memoryWriter{header: http.Header{}}
	aborted := w.run(t.handler, in)
	if aborted && w.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	var body io.Reader = &w.body
	if aborted {
		body = io.MultiReader(body, brokenReader{})
	}
	length := int64(w.body.Len())
	if aborted {
		length = -1
	}
	if w.sent.Get("Content-Encoding") == "gzip" && r.Header.Get("Accept-Encoding") == "" && !aborted {
		// As net/http's own transport does, which asks for it by itself.
		if z, err := gzip.NewReader(body); err == nil {
			body, length = z, -1
			w.sent.Del("Content-Encoding")
			w.sent.Del("Content-Length")
		}
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(body), ContentLength: length, Request: r, TLS: in.TLS,
	}, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type memoryWriter struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

// run tells whether the handler gave the connection up.
func (w *memoryWriter) run(h http.Handler, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}
