package graphclient

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"time"
)

// baseTransport is what both Graph and the authority are reached through. There
// is no timeout on whole requests: a page of sign-ins may take minutes, and how
// long each attempt may stay silent is watched per attempt.
func baseTransport(s settings) (http.RoundTripper, error) {
	if s.Transport != nil {
		if s.CAFile != "" {
			return nil, &ConfigError{Setting: "ca-file", Value: s.CAFile, Problem: "a transport of one's own brings its own authorities", Hint: "leave one of the two out"}
		}
		return s.Transport, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CAFile != "" {
		pool, err := poolWith(s.CAFile)
		if err != nil {
			return nil, err
		}
		t.RootCAs = pool
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        t,
		TLSHandshakeTimeout:    20 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}, nil
}

// poolWith adds the certificates of a PEM file to the system's.
func poolWith(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, &ConfigError{Setting: "ca-file", Value: file, Problem: "cannot be read", Err: err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		// Some systems have no pool; the file alone is then what is trusted.
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &ConfigError{Setting: "ca-file", Value: file, Problem: "holds no certificate", Hint: "give a PEM file with at least one CERTIFICATE block"}
	}
	return pool, nil
}

func refuseRedirect(req *http.Request, via []*http.Request) error {
	first := via[len(via)-1]
	return &RedirectError{Method: first.Method, Path: redactPath(first.URL.EscapedPath()), To: oneLine(origin(req.URL), 300)}
}
