// Checks files that need a container engine or a cluster to run, with the libraries that those use:
//
//	check compose FILE          loads a Compose file as Docker Compose does; prints its services
//	check helm CHART [VALUES]   renders a chart as Helm does and decodes each object strictly into Kubernetes' own types;
//	                            prints all objects as a JSON array
//
// Exit codes: 0 success, 1 a mistake was found, 2 wrong usage.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: check compose FILE | check helm CHART [VALUES]")
		os.Exit(2)
	}
	var result any
	var err error
	switch os.Args[1] {
	case "compose":
		result, err = compose(os.Args[2])
	case "helm":
		result, err = helm(os.Args[2], os.Args[3:])
	default:
		err = fmt.Errorf("unknown check %q", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compose(file string) (any, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv, cli.WithName("payday"))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project, nil
}

func helm(dir string, valueFiles []string) (any, error) {
	chart, err := loader.Load(dir)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	for _, file := range valueFiles {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := yaml.UnmarshalStrict(text, &values); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	release := chartutil.ReleaseOptions{Name: "payday", Namespace: "gameday", IsInstall: true, Revision: 1}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.APIVersions = append(capabilities.APIVersions, "monitoring.coreos.com/v1")
	merged, err := chartutil.ToRenderValues(chart, values, release, capabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Engine{Strict: true}.Render(chart, merged)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	objects := []map[string]any{}
	for _, name := range names {
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		for _, document := range strings.Split("\n"+files[name], "\n---") {
			var object map[string]any
			if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", name, err, document)
			}
			if len(object) == 0 {
				continue
			}
			group, _ := object["apiVersion"].(string)
			// Custom resources (Strimzi, the Prometheus operator) have no types here.
			if !strings.Contains(group, ".strimzi.io/") && !strings.Contains(group, ".coreos.com/") {
				if _, _, err := decoder.Decode([]byte(document), nil, nil); err != nil {
					return nil, fmt.Errorf("%s: %w\n%s", name, err, document)
				}
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}
