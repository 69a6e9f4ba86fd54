import { releaseChangelog, sectionOf } from './changelog';

const TEXT = '# Changelog\n\nAll of it.\n\n## Unreleased\n\n### Added\n\n- Something.\n';

test('a version takes what was unreleased, and the next one finds room', () => {
  const released = releaseChangelog(TEXT, '0.2.0', '2026-12-01');
  expect(released).toBe(
    '# Changelog\n\nAll of it.\n\n## Unreleased\n\n## 0.2.0 - 2026-12-01\n\n### Added\n\n- Something.\n',
  );
  expect(sectionOf(released, '0.2.0')).toBe('## 0.2.0 - 2026-12-01\n\n### Added\n\n- Something.');
  expect(sectionOf(released, '0.2')).toBeUndefined();
});

test('no version is released twice, nor with nothing in it', () => {
  const released = releaseChangelog(TEXT, '0.2.0', '2026-12-01');
  expect(() => releaseChangelog(released, '0.2.0', '2026-12-02')).toThrow('has a section 0.2.0 already');
  expect(() => releaseChangelog(released, '0.3.0', '2026-12-02')).toThrow('Nothing is unreleased');
  expect(() => releaseChangelog('# Changelog\n', '0.3.0', '2026-12-02')).toThrow('no section');
});
