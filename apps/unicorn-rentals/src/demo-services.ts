/** The company's services; the order is the order of the lamps. */
export const DEMO_SERVICES = ['router', 'catalog', 'pricing', 'booking'] as const;

export type DemoService = (typeof DEMO_SERVICES)[number];
