// A style sheet is bundled as its minified text, see tools/bundle.
declare module '*.css' {
  const text: string;
  export default text;
}
