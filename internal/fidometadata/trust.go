package fidometadata

import (
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
)

// r3 is GlobalSign Root CA - R3, SHA-256 fingerprint CBB522D7B7F127AD6A0113865BDF1CD4
// 102E7D0759AF635A7CF4720DC963C53B, valid until 2029-03-18.
//
//go:embed globalsign-r3.pem
var r3 []byte

// host is whom the certificate of the signature is made out to. Anybody may buy a
// certificate under GlobalSign's roots.
const host = "mds.fidoalliance.org"

// roots are the roots that the Alliance has used.
func roots() *x509.CertPool {
	pool := x509.NewCertPool()
	r46, err := base64.StdEncoding.DecodeString(metadata.ProductionMDSRoot)
	if err == nil {
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(r46); err == nil {
			pool.AddCert(cert)
		}
	}
	if err != nil || !pool.AppendCertsFromPEM(r3) {
		panic(fmt.Sprintf("fidometadata: the roots cannot be read: %v", err))
	}
	return pool
}

// trust is whose signature is believed.
type trust struct {
	roots *x509.CertPool
	host  string
}

// period is how long before the next update an edition is signed, at most. They come
// out monthly.
const period = 31 * 24 * time.Hour

// keyOf is the key of the certificate that comes with a blob, if it is to be believed.
// It must have been valid when the edition was current: on the day by which the next one
// was due, or within a period before that.
func (who trust) keyOf(header map[string]any, nextUpdate string) (any, error) {
	due, err := time.Parse(time.DateOnly, nextUpdate)
	if err != nil {
		return nil, fmt.Errorf("nextUpdate %q is no date, so that the time of the signature is not known", nextUpdate)
	}
	if _, elsewhere := header["x5u"]; elsewhere {
		return nil, errors.New("its certificates are elsewhere (x5u), and nothing is fetched")
	}
	list, ok := header["x5c"].([]any)
	if !ok || len(list) == 0 {
		return nil, errors.New("it carries no certificates (x5c)")
	}
	var chain []*x509.Certificate
	for i, item := range list {
		text, _ := item.(string)
		der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("its certificate %d is no base64", i)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("its certificate %d cannot be read: %w", i, err)
		}
		chain = append(chain, cert)
	}
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	for _, at := range []time.Time{due, due.Add(-period)} {
		_, err = chain[0].Verify(x509.VerifyOptions{
			Roots: who.roots, Intermediates: between, DNSName: who.host, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err == nil {
			return chain[0].PublicKey, nil
		}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return nil, fmt.Errorf("its certificate, of %q, does not come from the root that the FIDO Alliance uses", chain[0].Subject.CommonName)
	}
	return nil, fmt.Errorf("its certificate, of %q: %w", chain[0].Subject.CommonName, err)
}
