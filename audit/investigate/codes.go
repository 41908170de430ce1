package investigate

import (
	"fmt"
	"strconv"
	"strings"

	"passkeyaudit/audit/entra/catalogue"
)

func itoa(n int) string { return strconv.Itoa(n) }

// codeText says what an error code means, with the code.
func codeText(code int) string {
	if e := catalogue.SignInErrorOf(code); e != nil && e.Meaning != "" {
		return fmt.Sprintf("%s (%d)", strings.TrimSuffix(e.Meaning, "."), code)
	}
	return fmt.Sprintf("code %d, which is not in the catalogue", code)
}
