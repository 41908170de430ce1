// Command passkeyaudit finds out, for every person of a Microsoft Entra tenant,
// whether they can register a passkey and sign in with it, and what stops them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"passkeyaudit/internal/cli"
	"passkeyaudit/internal/term"
)

// version is set by the linker for releases.
var version = ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, cli.Deps{IO: term.System(), Version: version}, os.Args[1:])
	stop()
	os.Exit(code)
}
