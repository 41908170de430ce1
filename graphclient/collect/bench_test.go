package collect_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
)

// generated is a tenant of so many users that are made page by page, so that
// nothing but the collector takes memory.
type generated int

func (g generated) RoundTrip(r *http.Request) (*http.Response, error) {
	var b bytes.Buffer
	status := http.StatusOK
	page, row := 1000, ""
	switch r.URL.Path {
	case "/v1.0/organization":
		b.WriteString(`{"value":[{"id":"` + tenantID + `"}]}`)
	case "/v1.0/users":
		page, row = 999, `{"id":"%s","userPrincipalName":"user%d@contoso.example","displayName":"User","userType":"Member","accountEnabled":true,"createdDateTime":"2020-01-01T00:00:00Z","assignedLicenses":[{"disabledPlans":[],"skuId":"05e9a617-0261-4cee-bb44-138d3ef5d965"}],"department":"Sales"}`
	case "/v1.0/reports/authenticationMethods/userRegistrationDetails":
		row = `{"id":"%s","userPrincipalName":"user%d@contoso.example","isMfaCapable":true,"methodsRegistered":["mobilePhone"]}`
	default:
		status = http.StatusNotImplemented
		b.WriteString(`{"error":{"code":"notRecorded"}}`)
	}
	if row != "" {
		from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken")) // none is the first page
		to := min(from+page, int(g))
		b.WriteString(`{`)
		if to < int(g) {
			fmt.Fprintf(&b, `"@odata.nextLink":"https://%s%s?$skiptoken=%d",`, r.URL.Host, r.URL.Path, to)
		}
		b.WriteString(`"value":[`)
		for i := from; i < to; i++ {
			if i > from {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, row, userID(i), i)
		}
		b.WriteString(`]}`)
	}
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Date": {"Sun, 22 Nov 2026 06:00:00 GMT"}}, Body: io.NopCloser(&b), ContentLength: int64(b.Len())}, nil
}

// BenchmarkRun measures accounts and the registration report, read side by side.
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			client, err := graphclient.New(b.Context(), graphclient.Config{Auth: graphclient.AuthAccessToken, Cloud: graphclient.CloudPublic, Transport: generated(n),
				Getenv: func(name string) string {
					if strings.HasSuffix(name, "TOKEN") {
						return "token"
					}
					return ""
				}})
			if err != nil {
				b.Fatal(err)
			}
			var peak, before runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				_, err := collect.Run(b.Context(), client, collect.Options{
					Dir: filepath.Join(b.TempDir(), "snap"), Sections: []snapshot.SectionID{snapshot.Users, snapshot.UserRegistrationDetails},
					Events: func(e collect.Event) {
						if e.Kind != collect.Done && e.Rows%100_000 > 1_000 {
							return
						}
						runtime.GC()
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						if m.HeapAlloc > peak.HeapAlloc {
							peak = m
						}
					},
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(peak.HeapAlloc-before.HeapAlloc)/(1<<20), "live-MiB")
		})
	}
}
