package fidometadata

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"passkeyaudit/audit/entra/catalogue"
)

// authority signs blobs.
type authority struct {
	key   *ecdsa.PrivateKey
	chain []*x509.Certificate // leaf first, the root last
}

// newAuthority makes a root, one between and a leaf for a host, valid in 2026.
func newAuthority(t *testing.T, host string) *authority {
	t.Helper()
	from, to := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	a := &authority{}
	var parent *x509.Certificate
	var parentKey *ecdsa.PrivateKey
	for i, name := range []string{"Test Root", "Test CA", host} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to,
			IsCA: i < 2, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
		if i == 2 {
			template.DNSNames = []string{host}
		}
		if parent == nil {
			parent, parentKey = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		parent, parentKey, a.key = cert, key, key
		a.chain = append([]*x509.Certificate{cert}, a.chain...)
	}
	return a
}

func (a *authority) trust() trust {
	pool := x509.NewCertPool()
	pool.AddCert(a.chain[2])
	return trust{roots: pool, host: host}
}

// sign makes a blob; change may spoil the header.
func (a *authority) sign(t *testing.T, claims jwt.MapClaims, change func(header map[string]any)) []byte {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	var x5c []string
	for _, cert := range a.chain[:2] {
		x5c = append(x5c, base64.StdEncoding.EncodeToString(cert.Raw))
	}
	token.Header["x5c"] = x5c
	if change != nil {
		change(token.Header)
	}
	text, err := token.SignedString(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

const aaguid = "12345678-1234-1234-1234-123456789ABC"

func claims(reports string) jwt.MapClaims {
	var list any
	if err := json.Unmarshal([]byte(reports), &list); err != nil {
		panic(err)
	}
	return jwt.MapClaims{
		"legalHeader": "…", "no": 120, "nextUpdate": "2026-12-01",
		"entries": []any{
			map[string]any{"aaid": "4e4e#4005", "statusReports": []any{}},
			map[string]any{"aaguid": aaguid, "metadataStatement": map[string]any{"description": "Contoso Key"}, "statusReports": list, "timeOfLastStatusChange": "2026-01-01"},
		},
	}
}

var takenAt = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

func TestStanding(t *testing.T) {
	a := newAuthority(t, host)
	tests := []struct {
		name, reports string
		standing      catalogue.Standing
		says          string
	}{
		{"certified", `[{"status":"FIDO_CERTIFIED_L1","effectiveDate":"2024-01-01"},{"status":"FIDO_CERTIFIED_L2","effectiveDate":"2025-02-01"}]`, catalogue.Certified, "FIDO_CERTIFIED_L2 since 2025-02-01"},
		{"not-certified", `[{"status":"NOT_FIDO_CERTIFIED"}]`, catalogue.NotCertified, "NOT_FIDO_CERTIFIED"},
		{"own-word", `[{"status":"SELF_ASSERTION_SUBMITTED","effectiveDate":"2025-02-01"}]`, catalogue.NotCertified, "SELF_ASSERTION_SUBMITTED since 2025-02-01"},
		{"revoked", `[{"status":"FIDO_CERTIFIED","effectiveDate":"2024-01-01"},{"status":"REVOKED","effectiveDate":"2026-03-01"}]`, catalogue.Revoked, "REVOKED since 2026-03-01"},
		{"revoked-tomorrow", `[{"status":"FIDO_CERTIFIED","effectiveDate":"2024-01-01"},{"status":"REVOKED","effectiveDate":"2026-11-23"}]`, catalogue.Certified, "FIDO_CERTIFIED since 2024-01-01"},
		{"compromised-then-certified", `[{"status":"USER_KEY_REMOTE_COMPROMISE","effectiveDate":"2025-01-01"},{"status":"FIDO_CERTIFIED","effectiveDate":"2025-06-01"}]`, catalogue.Compromised, "USER_KEY_REMOTE_COMPROMISE since 2025-01-01"},
		{"compromise-ended", `[{"status":"FIDO_CERTIFIED","effectiveDate":"2024-01-01"},{"status":"ATTESTATION_KEY_COMPROMISE","effectiveDate":"2025-01-01","sunsetDate":"2025-06-01"}]`, catalogue.Certified, "FIDO_CERTIFIED since 2024-01-01"},
		{"update-says-nothing", `[{"status":"FIDO_CERTIFIED_L1","effectiveDate":"2024-01-01"},{"status":"UPDATE_AVAILABLE","effectiveDate":"2025-01-01"}]`, catalogue.Certified, "FIDO_CERTIFIED_L1 since 2024-01-01"},
		{"unheard-of", `[{"status":"BLESSED"}]`, catalogue.StandingUnknown, ""},
		{"no-report", `[]`, catalogue.StandingUnknown, ""},
		{"report-unreadable", `[{"status":"FIDO_CERTIFIED_L1"},{"status":"REVOKED","effectiveDate":"soon"}]`, catalogue.StandingUnknown, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := parse("blob.jwt", a.sign(t, claims(tt.reports), nil), a.trust())
			if err != nil {
				t.Fatal(err)
			}
			all := b.At(takenAt)
			c := all.Of(strings.ToLower(aaguid))
			if c == nil || c.Standing != tt.standing || c.String() != tt.says || c.Description != "Contoso Key" {
				t.Errorf("%+v", c)
			}
			if all.Count() != 1 || all.Stale || all.String() != "FIDO metadata no. 120 (blob.jwt)" {
				t.Errorf("%s, %d models", all, all.Count())
			}
		})
	}
}

// A blob whose next edition was due before the snapshot is read, and says so.
func TestStale(t *testing.T) {
	a := newAuthority(t, host)
	b, err := parse("blob.jwt", a.sign(t, claims(`[{"status":"REVOKED"}]`), nil), a.trust())
	if err != nil {
		t.Fatal(err)
	}
	for day, stale := range map[string]bool{"2026-12-01T23:59:59Z": false, "2026-12-02T00:00:00Z": true} {
		at, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		c := b.At(at)
		if c.Stale != stale || strings.Contains(c.String(), "the next edition was due on 2026-12-01") != stale || c.Of(strings.ToLower(aaguid)).Standing != catalogue.Revoked {
			t.Errorf("%s: %s", day, c)
		}
	}
}

func TestRefused(t *testing.T) {
	a, other, stranger := newAuthority(t, host), newAuthority(t, host), newAuthority(t, "shop.example")
	good := a.sign(t, claims(`[]`), nil)
	changed := bytes.Split(good, []byte("."))
	forged, err := json.Marshal(claims(`[{"status":"FIDO_CERTIFIED_L3"}]`))
	if err != nil {
		t.Fatal(err)
	}
	with := func(member string, value any) jwt.MapClaims {
		c := claims(`[]`)
		c[member] = value
		return c
	}
	header := func(member string, value any) func(map[string]any) {
		return func(h map[string]any) { h[member] = value }
	}
	hmac := jwt.NewWithClaims(jwt.SigningMethodHS256, claims(`[]`))
	hmac.Header["x5c"] = []string{base64.StdEncoding.EncodeToString(a.chain[0].Raw)}
	symmetric, err := hmac.SignedString(a.chain[0].RawSubjectPublicKeyInfo)
	if err != nil {
		t.Fatal(err)
	}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims(`[]`)).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		text []byte
		who  trust
		want string
	}{
		{"empty", nil, a.trust(), "is no blob of the FIDO Metadata Service"},
		{"json", []byte(`{"entries":[]}`), a.trust(), "is no blob of the FIDO Metadata Service"},
		{"web-page", []byte("<html>\nmds.fidoalliance.org.\n</html>"), a.trust(), "is no blob of the FIDO Metadata Service"},
		{"payload-forged", bytes.Join([][]byte{changed[0], []byte(base64.RawURLEncoding.EncodeToString(forged)), changed[2]}, []byte(".")), a.trust(), "does not fit what it says"},
		{"signature-cut", good[:len(good)-6], a.trust(), "blob.jwt"},
		{"cut", good[:len(good)/2], a.trust(), "blob.jwt"},
		{"other-root", good, other.trust(), `the signature of blob.jwt is not trusted: its certificate, of "mds.fidoalliance.org", does not come from the root that the FIDO Alliance uses`},
		{"real-roots", good, trust{roots: roots(), host: host}, "does not come from the root that the FIDO Alliance uses"},
		{"other-host", stranger.sign(t, claims(`[]`), nil), stranger.trust(), "certificate is valid for shop.example, not mds.fidoalliance.org"},
		{"other-key", other.sign(t, claims(`[]`), func(h map[string]any) {
			h["x5c"] = []string{base64.StdEncoding.EncodeToString(a.chain[0].Raw), base64.StdEncoding.EncodeToString(a.chain[1].Raw)}
		}), a.trust(), "does not fit what it says"},
		{"no-certificates", a.sign(t, claims(`[]`), func(h map[string]any) { delete(h, "x5c") }), a.trust(), "it carries no certificates (x5c)"},
		{"certificates-elsewhere", a.sign(t, claims(`[]`), header("x5u", "https://mds.example/chain")), a.trust(), "nothing is fetched"},
		{"certificate-damaged", a.sign(t, claims(`[]`), header("x5c", []string{"MIIB"})), a.trust(), "its certificate 0 cannot be read"},
		{"certificate-no-text", a.sign(t, claims(`[]`), header("x5c", []any{1})), a.trust(), "its certificate 0"},
		{"chain-cut", a.sign(t, claims(`[]`), header("x5c", []string{base64.StdEncoding.EncodeToString(a.chain[0].Raw)})), a.trust(), "does not come from the root"},
		{"symmetric", []byte(symmetric), a.trust(), "blob.jwt"},
		{"unsigned", []byte(none), a.trust(), "blob.jwt"},
		{"no-date", a.sign(t, with("nextUpdate", "soon"), nil), a.trust(), `nextUpdate "soon" is no date`},
		{"certificate-expired-then", a.sign(t, with("nextUpdate", "2027-06-01"), nil), a.trust(), "certificate has expired or is not yet valid"},
		{"certificate-not-yet-valid", a.sign(t, with("nextUpdate", "2025-12-01"), nil), a.trust(), "certificate has expired or is not yet valid"},
		{"number-no-number", a.sign(t, with("no", "x"), nil), a.trust(), "blob.jwt is damaged"},
		{"entries-no-list", a.sign(t, with("entries", "x"), nil), a.trust(), "blob.jwt is damaged"},
		{"entry-no-object", a.sign(t, with("entries", []any{1}), nil), a.trust(), "blob.jwt is damaged: entries[0]"},
		{"nothing-inside", a.sign(t, with("entries", []any{}), nil), a.trust(), "names no authenticator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := parse("blob.jwt", tt.text, tt.who)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v, %v", b, err)
			}
		})
	}
	// The last edition that a certificate signed is good until the next is due, though the
	// certificate may end before.
	if _, err := parse("blob.jwt", a.sign(t, with("nextUpdate", "2027-01-20"), nil), a.trust()); err != nil {
		t.Error(err)
	}
}

func TestRead(t *testing.T) {
	if _, err := Read(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "reading the FIDO metadata") {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "blob.jwt")
	if err := os.WriteFile(file, newAuthority(t, host).sign(t, claims(`[]`), nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(file); err == nil || !strings.Contains(err.Error(), "does not come from the root") {
		t.Error(err)
	}
}

// FuzzParse: whatever is no blob is refused with the name of the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte("e30.e30.e30"))
	f.Add([]byte("eyJhbGciOiJFUzI1NiIsIng1YyI6WyJNSUlCIl19.eyJuZXh0VXBkYXRlIjoiMjAyNi0xMi0wMSJ9.AAAA"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if b, err := parse("blob.jwt", text, trust{roots: roots(), host: host}); err == nil {
			t.Errorf("taken: %+v", b)
		} else if !strings.Contains(err.Error(), "blob.jwt") {
			t.Error(err)
		}
	})
}
