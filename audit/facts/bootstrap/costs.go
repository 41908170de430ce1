package bootstrap

// What a way costs. Only the order matters: of two ways the one that assumes less is
// found first, and any way without an administrator comes before any way with one.
// The table is documented in docs/bootstrap.md.
const (
	// Facts that are in evidence cost nothing, so a phone that is known goes first.
	costCompliantDevice = 2
	costHybridDevice    = 2
	costBluetooth       = 3
	costValidPass       = 4
	costCapablePhone    = 10
	costSyncedProvider  = 12
	costSecurityKey     = 11
	costHello           = 15 // one more thing to set up first
	costTrustedPlace    = 20
	costCountry         = 20
	// Whoever knows the password could do the same: shown as weak, used last.
	costPasswordOnly = 50
	// A passkey that lives on one computer does not help elsewhere.
	costNotPortable = 9

	costIssuePass    = 1000
	costDeleteStale  = 1500
	costDismissRisk  = 1200
	costEnrolDevice  = 2500
	costProvisionKey = 3000
	costAddToGroup   = 3500

	// Of surfaces that cost the same, the one whose rules are best documented.
	costInterrupt = 1
	// On a phone the app is the better documented way.
	costBrowser = 2
)
