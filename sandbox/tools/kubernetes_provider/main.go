// The Kubernetes provider for Pulumi, built from its Go module.
//
// The module's own cmd/ lacks two generated files (the embedded schema and the
// Terraform mapping), so this main package embeds them instead; the bootstrap
// writes both from the module's sources before it builds.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema-embed.json
var pulumiSchema []byte

//go:embed terraform-mapping-embed.json
var terraformMapping []byte

//go:embed version.txt
var version string

func main() {
	provider.Serve("kubernetes", version, pulumiSchema, terraformMapping)
}
