package cli_test

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"passkeyaudit/internal/cli"
	"passkeyaudit/internal/term"
)

var update = flag.Bool("update", false, "rewrite the expected output inside the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"passkeyaudit": func() {
			os.Exit(cli.Main(context.Background(), cli.Deps{IO: term.System(), Version: "v0.0.0-test"}, os.Args[1:]))
		},
	})
}

// TestScripts runs every command line of testdata/script as a process of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
