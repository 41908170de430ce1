package unsupportedcombination

import (
	"testing"

	"passkeyaudit/audit/audittest"
)

func TestCheck(t *testing.T) { audittest.Run(t, Check) }
