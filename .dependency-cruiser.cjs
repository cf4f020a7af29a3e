/**
 * The layering of Payday, in one reviewed file (docs/architecture.md explains it).
 * Each rule says what may not be imported from where.
 */
const PURE = '^libs/(kernel|contracts|game|scoring|scenario)/src';
/** The platform's clock and timers, the one part of the kernel that is not pure. */
const SYSTEM = '^libs/kernel/src/system/';
/** Tests and their rooms: `conformance/` holds suites, `testing/` holds helpers. Neither is part of the product. */
const SPEC = '\\.spec\\.ts$|/(conformance|testing)/';
/** What each lib may import, besides itself. */
const LAYERS = {
  kernel: [],
  contracts: ['kernel'],
  game: ['kernel', 'contracts'],
  scoring: ['kernel', 'contracts', 'game'],
  scenario: ['kernel', 'contracts'],
  'event-log': ['kernel'],
  persistence: ['kernel', 'contracts'],
  // What a fault costs follows from the scenario's load and pay (docs/adr/0022-fairness-in-money.md).
  faults: ['kernel', 'contracts', 'scenario'],
  client: ['contracts'],
  runtime: ['kernel', 'contracts', 'event-log'],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-libs-do-no-io',
      comment: 'Pure libs may use no Node built-in: no files, sockets, timers or processes.',
      severity: 'error',
      from: { path: PURE, pathNot: SPEC },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-libs-take-the-time-as-a-parameter',
      severity: 'error',
      from: { path: PURE, pathNot: [SPEC, SYSTEM] },
      to: { path: SYSTEM },
    },
    ...Object.entries(LAYERS).map(([lib, allowed]) => ({
      name: `layer-${lib}`,
      comment: `libs/${lib} imports only: ${allowed.join(', ') || 'nothing of ours'}.`,
      severity: 'error',
      from: { path: `^libs/${lib}/`, pathNot: SPEC },
      to: { path: '^(libs|apps)/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
    })),
    {
      name: 'libs-never-import-apps',
      comment: 'Not even in tests: a suite that needs an app lives beside the app.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'libs-by-their-index',
      comment: 'A lib is entered through its index.ts only; contracts also through api/, its schemas.',
      severity: 'error',
      from: { path: '^(?:libs|apps)/([^/]+)/' },
      to: {
        path: '^libs/([^/]+)/src/',
        pathNot: ['^libs/$1/', '^libs/[^/]+/src/((conformance|testing|system|api)/)?index\\.ts$'],
      },
    },
    {
      name: 'apps-are-islands',
      comment:
        'Apps never import each other; all-in-one and the command line compose them through their index.ts. Tests may use a real neighbour.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: ['^apps/(all-in-one|cli)/', SPEC] },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'composers-enter-apps-by-index',
      severity: 'error',
      from: { path: '^apps/(all-in-one|cli)/', pathNot: SPEC },
      to: { path: '^apps/[^/]+/src/', pathNot: ['^apps/$1/', '^apps/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'adapters-never-import-each-other',
      severity: 'error',
      from: { path: '/(adapters|drivers)/([^/.]+)' },
      to: { path: '/(adapters|drivers)/', pathNot: '/$1/$2[^/]*' },
    },
    {
      name: 'database-only-through-persistence',
      comment:
        'libs/persistence holds all SQL and exports the types of database handles; nothing else imports the drivers. ESLint refuses queries elsewhere.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/persistence/' },
      to: { path: 'node_modules/(@types/)?(pg|typeorm)/' },
    },
    {
      name: 'testing-kit-never-ships',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: SPEC },
      to: { path: '/(conformance|testing)/|^test/' },
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^apps/web/', SPEC] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/(?!@?[^/]+)).*$' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
    skipAnalysisNotInRules: true,
  },
};
