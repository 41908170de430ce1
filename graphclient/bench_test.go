package graphclient

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkPage decodes a full page of users.
func BenchmarkPage(b *testing.B) {
	var rows []string
	for i := range 999 {
		rows = append(rows, fmt.Sprintf(`{"id":"11111111-2222-3333-4444-%012d","userPrincipalName":"user%d@contoso.example","displayName":"User %d","userType":"Member","accountEnabled":true,"createdDateTime":"2024-01-01T00:00:00Z","onPremisesSyncEnabled":null,"department":"Sales","country":"NL","assignedLicenses":[]}`, i, i, i))
	}
	page := []byte(`{"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x","value":[` + strings.Join(rows, ",") + `]}`)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePage(bytes.NewReader(page)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGuardBatch judges a full batch, which is the guard's longest work.
func BenchmarkGuardBatch(b *testing.B) {
	var items []string
	for i := range MaxBatch {
		items = append(items, fmt.Sprintf(`{"id":"%d","method":"GET","url":"/users/11111111-2222-3333-4444-%012d/authentication/methods"}`, i, i))
	}
	body := []byte(`{"requests":[` + strings.Join(items, ",") + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := checkBatch(body); err != nil {
			b.Fatal(err)
		}
	}
}
