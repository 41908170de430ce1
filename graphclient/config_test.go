package graphclient

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigMistakes(t *testing.T) {
	noPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(noPEM, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"unknown-auth", Config{Auth: "password"}, "client-secret, client-certificate"},
		{"unknown-cloud", Config{Cloud: "mars"}, "public, usgov, usgov-dod, china"},
		{"plain-graph", Config{GraphURL: "http://graph.example"}, "use https"},
		{"plain-graph-look-alike", Config{GraphURL: "http://localhost.example"}, "use https"},
		{"plain-graph-other-loopback", Config{GraphURL: "http://127.0.0.2"}, "use https"},
		{"plain-authority", Config{AuthorityURL: "http://localhost"}, "use https"},
		{"graph-version", Config{GraphURL: "https://graph.example/v1.0/"}, "leave out /v1.0"},
		{"graph-query", Config{GraphURL: "https://graph.example?x=1"}, "query"},
		{"graph-user", Config{GraphURL: "https://user:pass@graph.example"}, "user"},
		{"graph-relative", Config{GraphURL: "graph.example"}, "absolute"},
		{"graph-ftp", Config{GraphURL: "ftp://graph.example"}, "https"},
		{"ca-missing", Config{CAFile: "/does/not/exist"}, "cannot be read"},
		{"ca-empty", Config{CAFile: noPEM}, "no certificate"},
		{"ca-and-transport", Config{CAFile: noPEM, Transport: inMemory(nil)}, "transport"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Getenv = env("PASSKEYAUDIT_ACCESS_TOKEN", "x")
			_, err := New(t.Context(), tt.c)
			var e *ConfigError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "pass@") {
				t.Errorf("%v shows a password", err)
			}
		})
	}
}

func TestConfigRoots(t *testing.T) {
	tests := []struct {
		name                    string
		c                       Config
		host                    string // AZURE_AUTHORITY_HOST
		graph, authority, aud   string
		withoutInstanceMetadata bool
	}{
		{"zero", Config{}, "", "https://graph.microsoft.com", "https://login.microsoftonline.com", "https://graph.microsoft.com", false},
		{"usgov", Config{Cloud: CloudUSGov}, "", "https://graph.microsoft.us", "https://login.microsoftonline.us", "https://graph.microsoft.us", false},
		{"dod", Config{Cloud: CloudUSGovDoD}, "", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us", false},
		{"china", Config{Cloud: CloudChina}, "", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn", false},
		{"graph-elsewhere", Config{GraphURL: "https://Proxy.example/graph/"}, "", "https://proxy.example/graph", "https://login.microsoftonline.com", "https://graph.microsoft.com", false},
		{"graph-local", Config{GraphURL: "http://[::1]:8080"}, "", "http://[::1]:8080", "https://login.microsoftonline.com", "https://graph.microsoft.com", false},
		{"authority-elsewhere", Config{AuthorityURL: "https://sts.example:8443/"}, "", "https://graph.microsoft.com", "https://sts.example:8443", "https://graph.microsoft.com", true},
		{"authority-by-variable", Config{}, "https://sts.example/", "https://graph.microsoft.com", "https://sts.example", "https://graph.microsoft.com", true},
		{"usual-authority-by-variable", Config{}, "https://login.microsoftonline.com/", "https://graph.microsoft.com", "https://login.microsoftonline.com", "https://graph.microsoft.com", false},
		{"cloud-beats-variable", Config{Cloud: CloudUSGov}, "https://login.microsoftonline.com/", "https://graph.microsoft.us", "https://login.microsoftonline.us", "https://graph.microsoft.us", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Getenv = env("AZURE_AUTHORITY_HOST", tt.host)
			s, err := tt.c.settle()
			if err != nil {
				t.Fatal(err)
			}
			if s.graph.String() != tt.graph || s.authority != tt.authority || s.graphAudience != tt.aud || s.ownAuthority != tt.withoutInstanceMetadata {
				t.Errorf("got %s %s %s %v", s.graph, s.authority, s.graphAudience, s.ownAuthority)
			}
		})
	}
}

func TestListsParse(t *testing.T) {
	for _, s := range append(Auths(), "") {
		if a, err := ParseAuth(s); err != nil || s != "" && string(a) != s {
			t.Errorf("auth %q: %v, %v", s, a, err)
		}
	}
	for _, s := range append(Clouds(), "") {
		if c, err := ParseCloud(s); err != nil || s != "" && string(c) != s {
			t.Errorf("cloud %q: %v, %v", s, c, err)
		}
	}
	if a, _ := ParseAuth(""); a != AuthDefault {
		t.Errorf("no auth means %q", a)
	}
	if c, _ := ParseCloud(""); c != CloudPublic {
		t.Errorf("no cloud means %q", c)
	}
}
