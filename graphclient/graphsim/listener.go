package graphsim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// Listener serves a snapshot over HTTPS on this computer.
type Listener struct {
	// URL is the root of Graph and of the authority, without a slash at its end.
	URL string
	// CAPEM is the certificate that clients have to trust.
	CAPEM []byte

	server *http.Server
	stop   func() bool
	done   chan struct{}
}

// Listen serves on a loopback address such as 127.0.0.1:0 until Close, or until
// ctx ends. A recorded tenant is personal data and the token is given to anyone,
// so other addresses are refused.
func (s *Server) Listen(ctx context.Context, addr string) (*Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listening on %q: a snapshot is only served to this computer; use localhost, 127.0.0.1 or [::1]", addr)
	}
	certificate, capem, err := newCertificate()
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	where := socket.Addr().(*net.TCPAddr)
	if !where.IP.IsLoopback() { // "localhost" can be given another address
		socket.Close()
		return nil, fmt.Errorf("listening on %q: %s is not a loopback address", addr, where.IP)
	}
	name := host
	if host != "localhost" {
		name = where.IP.String()
	}
	l := &Listener{
		URL:   "https://" + net.JoinHostPort(name, fmt.Sprint(where.Port)),
		CAPEM: capem,
		server: &http.Server{
			Handler:           s.Handler(),
			ReadHeaderTimeout: 10 * time.Second,
			TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
			ErrorLog:          log.New(io.Discard, "", 0), // clients that do not trust the certificate say so themselves
		},
		done: make(chan struct{}),
	}
	go func() {
		defer close(l.done)
		_ = l.server.ServeTLS(socket, "", "") // ends by Close
	}()
	l.stop = context.AfterFunc(ctx, func() { _ = l.server.Close() })
	return l, nil
}

// Close ends all connections and waits until the socket is free.
func (l *Listener) Close() error {
	l.stop()
	err := l.server.Close()
	<-l.done
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Done is closed when the listener serves no more.
func (l *Listener) Done() <-chan struct{} { return l.done }

// newCertificate makes a certificate for the loopback names that is its own
// authority. The key never leaves the process.
func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	now := time.Now()
	template := x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "passkeyaudit simulator"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.AddDate(0, 0, 30),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
