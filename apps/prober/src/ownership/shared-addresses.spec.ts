import { SharedAddresses } from './shared-addresses.js';

test('lists addresses at which several teams were reached, and forgets the oldest of a team that has many', () => {
  const addresses = new SharedAddresses();
  addresses.recordAddress('b', '10.0.0.7', 8080);
  addresses.recordAddress('a', '10.0.0.7', 8080);
  addresses.recordAddress('a', '10.0.0.7', 8081);
  addresses.recordAddress('c', '2001:db8::1', 80);
  addresses.recordAddress('a', '2001:db8::1', 80);
  addresses.recordAddress('a', '10.0.0.7', 8080);
  expect(addresses.shared()).toEqual([
    { address: '10.0.0.7', port: 8080, teamIds: ['a', 'b'] },
    { address: '2001:db8::1', port: 80, teamIds: ['a', 'c'] },
  ]);
  for (let port = 1; port <= 63; port++) addresses.recordAddress('a', '10.9.9.9', port);
  expect(addresses.shared()).toEqual([{ address: '10.0.0.7', port: 8080, teamIds: ['a', 'b'] }]);
  addresses.recordAddress('a', '10.9.9.9', 64);
  expect(addresses.shared()).toEqual([]);
});
